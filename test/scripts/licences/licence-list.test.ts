import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  licenceList,
  licenceProblem,
  type LockFile,
  productionPackages,
} from '../../../scripts/licences/licence-list.ts';

const root = join(import.meta.dirname, '../../..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;

describe('the licences of what is installed', () => {
  it('are all known, and listed as they are', () => {
    // `npm run licences` writes this file.
    expect(readFileSync(join(root, 'scripts/licences/production.txt'), 'utf8')).toBe(licenceList(lock));
  });

  it('are those that the packages themselves name', () => {
    for (const { name, version, license, optional } of productionPackages(lock)) {
      const file = join(root, 'node_modules', name, 'package.json');
      const own = readIfThere(file);
      // Packages for other platforms are not here; of two versions one stands elsewhere.
      if (own === undefined && optional) continue;
      if (own?.version !== version) continue;
      expect(own.license, name).toBe(license);
    }
  });

  it.each([
    ['no licence', { name: 'a', version: '1.0.0' }, 'a names no licence'],
    ['a copyleft one', { name: 'a', version: '1.0.0', license: 'GPL-3.0' }, 'a: GPL-3.0 is not known to be compatible'],
    ['a part that is', { name: 'a', version: '1.0.0', license: '(MIT AND AGPL-3.0)' }, 'a: (MIT AND AGPL-3.0) is not'],
    ['parts behind a choice', { name: 'a', version: '1.0.0', license: 'GPL-3.0 OR MIT AND GPL-2.0' }, 'a: GPL-3.0 OR'],
  ])('are refused: %s', (_, each, problem) => {
    expect(licenceProblem(each)).toContain(problem);
    expect(() => licenceList({ packages: { 'node_modules/a': each } })).toThrow(problem);
  });

  it('may be one of several', () => {
    expect(licenceProblem({ name: 'a', version: '1.0.0', license: '(GPL-3.0 OR MIT)' })).toBeUndefined();
  });

  it('of development are not listed', () => {
    const packages = { '': { version: '0' }, 'node_modules/a': { version: '1.0.0', license: 'GPL-3.0', dev: true } };
    expect(productionPackages({ packages })).toEqual([]);
  });
});

function readIfThere(path: string): { readonly version: string; readonly license?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { version: string; license?: string };
  } catch {
    return undefined;
  }
}
