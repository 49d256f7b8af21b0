import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { modelWeights } from '../../../scripts/synthetic/model-weights.ts';
import { syntheticShape } from '../../../scripts/synthetic/shapes.ts';
import { SyntheticTensors } from '../../../scripts/synthetic/tensors.ts';

const NAME = 'model.layers.1.mlp.experts.3.up_proj.weight';
const tiny = syntheticShape('tiny');

describe('synthetic tensors', () => {
  it('have the same bytes everywhere', () => {
    const bytes = modelWeights(tiny, 0).read(NAME);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(sha256).toBe('af25ea08f766ba1b0de59aca56b7c0c472b0ec752afee3f3112bf891d58081f1');
  });

  it('differ from seed to seed and from name to name', () => {
    const bytes = modelWeights(tiny, 0).read(NAME);
    expect(modelWeights(tiny, 1).read(NAME)).not.toEqual(bytes);
    expect(modelWeights(tiny, 0).read(NAME.replace('.3.', '.4.'))).not.toEqual(bytes);
  });

  it('are the same whole and in parts, also where the pool starts again', () => {
    const long = new SyntheticTensors(new Map([['long', { shape: [3, 1_500_000], mean: 0, deviation: 1 }]]), 0);
    const parts = [0, 1, 2].map((row) => long.read('long', row * 1_500_000, 1_500_000));
    expect(Buffer.concat(parts).equals(long.read('long'))).toBe(true);
  });

  it('have the mean and the deviation that were asked for', () => {
    const { values, mean, deviation } = statistics({ shape: [400, 500], mean: 0.5, deviation: 0.1 });
    // Of 200,000 numbers the mean deviates by 0.1 / √200,000 = 2e-4; five times that never happens by chance.
    expect(mean).toBeCloseTo(0.5, 2);
    expect(deviation).toBeCloseTo(0.1, 2);
    // Beyond two deviations lie 4.55 % of normal numbers.
    expect(values.filter((value) => Math.abs(value - mean) > 2 * deviation).length / values.length).toBeCloseTo(
      0.0455,
      2,
    );
  });

  it('refuse elements that they do not have', () => {
    const weights = modelWeights(tiny, 0);
    expect(() => weights.read(NAME, 0, 64 * 128 + 1)).toThrow(RangeError);
    expect(() => weights.read('model.layers.9.input_layernorm.weight')).toThrow('no tensor');
  });
});

function statistics(tensor: { shape: readonly number[]; mean: number; deviation: number }) {
  const values = [...new SyntheticTensors(new Map([['x', tensor]]), 0).values('x')];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { values, mean, deviation: Math.sqrt(squares / values.length) };
}
