import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { productionPackages, type LockFile } from '../scripts/licences/licence-list.ts';

const root = join(import.meta.dirname, '..');
const json = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

const manifest = json('package.json') as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};
const lock = json('package-lock.json') as LockFile & {
  readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly link?: boolean }>>;
};
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('what ft-lens depends on', () => {
  it('is named by exact versions', () => {
    const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('is locked to the bytes of every package', () => {
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  });

  it('has the versions in the lock that package.json names', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it('runs no script when it is installed', () => {
    expect(readFileSync(join(root, '.npmrc'), 'utf8')).toContain('ignore-scripts=true');
    const withScripts = productionPackages(lock).filter(({ hasInstallScript }) => hasInstallScript);
    // One fetches CUDA files, which `ft-lens setup cuda` brings instead; the other only prints advice.
    expect(withScripts.map(({ name }) => name)).toEqual(['onnxruntime-node', 'protobufjs']);
    expect(manifest.allowScripts).toEqual({ 'onnxruntime-node': false, protobufjs: false });
    const own = Object.keys(manifest.scripts).filter((name) => /^(?:pre|post)?(?:install|prepare|pack)$/.test(name));
    expect(own).toEqual([]);
  });
});
