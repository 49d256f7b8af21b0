import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/export/checkpoint/open-checkpoint.ts';
import { mergeAdapter } from '../../../src/export/lora/merge-adapter.ts';
import { openAdapter } from '../../../src/export/lora/open-adapter.ts';

/** What PEFT's merge_and_unload makes of every adapter: scripts/fixtures/make-merge-golden.py. */
interface Golden {
  checkpoint: string;
  adapter: string;
  tensors: Record<string, TensorGolden>;
}

interface TensorGolden {
  shape: number[];
  sumOfSquares: number;
  cosineSum: number;
  deltaSumOfSquares: number;
  samples: [index: number, value: number][];
}

const TESTS = join(import.meta.dirname, '..', '..');
const GOLDEN = join(TESTS, 'golden', 'merge');

/**
 * PEFT rounds B A, its scaled form and the sum to f32, we round once: each of the three is off by at most half a unit in
 * the last place (6e-8 relative) of a number no larger than the largest weight or delta of the tensor, which is near 1.
 */
const WEIGHT_TOLERANCE = 5e-7;
/** Sums of squares add the same relative error; PEFT's delta is the difference of two rounded weights. */
const SUM_TOLERANCE = 1e-6;

describe.each(readdirSync(GOLDEN).filter((file) => file !== 'versions.json'))('merge of %s', (file) => {
  const golden = JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as Golden;

  it('equals what PEFT merges', async () => {
    const checkpoint = await openCheckpoint(join(TESTS, 'fixtures', golden.checkpoint));
    const adapter = await openAdapter(
      join(TESTS, 'fixtures', 'adapters', golden.checkpoint, golden.adapter),
      checkpoint,
    );
    const merged = mergeAdapter(checkpoint.weights, adapter);
    try {
      const changed = [...merged.names].filter((name) => merged.changes(name) !== undefined);
      expect(changed.toSorted()).toEqual(Object.keys(golden.tensors).toSorted());
      for (const [name, expected] of Object.entries(golden.tensors)) {
        const [rows = 0] = merged.shape(name);
        const weights = await merged.rows(name, 0, rows);
        const base = await merged.baseRows(name, 0, rows);
        const delta = Array.from(weights, (value, i) => value - base[i]!);
        expect(merged.shape(name), name).toEqual(expected.shape);
        for (const [index, value] of expected.samples) {
          expect(Math.abs(weights[index]! - value), `${name}[${index}]`).toBeLessThanOrEqual(WEIGHT_TOLERANCE);
        }
        const scale = Math.sqrt(expected.sumOfSquares * weights.length);
        expectClose(
          sum(weights, (value) => value ** 2),
          expected.sumOfSquares,
          expected.sumOfSquares,
          name,
        );
        expectClose(
          sum(weights, (value, i) => value * Math.cos(i)),
          expected.cosineSum,
          scale,
          name,
        );
        expectClose(
          sum(delta, (value) => value ** 2),
          expected.deltaSumOfSquares,
          expected.deltaSumOfSquares,
          name,
        );
      }
    } finally {
      await adapter.close();
      await checkpoint.close();
    }
  });
});

function sum(values: ArrayLike<number>, term: (value: number, index: number) => number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += term(values[i]!, i);
  return total;
}

function expectClose(got: number, expected: number, scale: number, name: string): void {
  expect(Math.abs(got - expected) / scale, `${name}: ${got} for ${expected}`).toBeLessThanOrEqual(SUM_TOLERANCE);
}
