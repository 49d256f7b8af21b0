import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { committedCases } from './cases.ts';
import { fuzz, tryFile } from './target.ts';
import { TARGETS } from './targets.ts';

/** The same files in every run; `npm run fuzz` tries others. */
const SEED = 8;
const RUNS = 300;

describe.each(TARGETS)('a file from a stranger: $name', (target) => {
  it('is read when it is whole', async () => {
    for (const file of target.valid) await expect(tryFile(target, file)).resolves.toBeUndefined();
  });

  it('is read or refused, never a defect, when it is damaged', { timeout: 60_000 }, async () => {
    const { tried, accepted, failure } = await fuzz(target, { seed: SEED, runs: Math.min(RUNS, target.batch ?? RUNS) });
    if (failure !== undefined) {
      const path = join(mkdtempSync(join(tmpdir(), 'ft-lens-fuzz-')), target.name);
      writeFileSync(path, failure.file);
      throw new Error(`A file was answered wrongly: ${path}`, { cause: failure.error });
    }
    // A reader that takes everything, or edits that break nothing, would show here. A journal is read as far as it goes.
    if (target.name !== 'journal') expect(accepted).toBeLessThan(tried * 0.9);
  });

  it.each(committedCases(target.name))('is no defect: %s', async (_name, file) => {
    await tryFile(target, file);
  });
});
