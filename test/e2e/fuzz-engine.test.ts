import { describe, expect, it } from 'vitest';
import { committedCases } from '../fuzz/cases.ts';
import { fuzz, tryFile } from '../fuzz/target.ts';
import { engineTarget } from '../fuzz/targets/engine.ts';

/** The same graphs in every run; `npm run fuzz -- --target engine` tries others. */
const SEED = 8;
const RUNS = 30;

describe('graphs that every check lets through', () => {
  it('are read when they are whole', async () => {
    for (const file of engineTarget.valid) await expect(tryFile(engineTarget, file)).resolves.toBeUndefined();
  });

  it('end in a report or an error, with this process alive', { timeout: 120_000 }, async () => {
    const { tried, accepted, failure } = await fuzz(engineTarget, { seed: SEED, runs: RUNS });
    if (failure) throw failure.error;
    // Both happen: some changes only move numbers, others the runtime refuses.
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(tried);
  });

  it.each(committedCases('engine'))('is no crash: %s', async (_name, file) => {
    await tryFile(engineTarget, file);
  });
});
