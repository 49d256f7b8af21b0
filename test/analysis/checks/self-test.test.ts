import { describe, expect, it } from 'vitest';
import { checkDevice, layerDifference } from '../../../src/analysis/checks/self-test.ts';
import { FtLensError } from '../../../src/errors.ts';

/** Three tokens of width 2; the layer adds (3, 4), of length 5, to each. */
const before = Float32Array.of(1, 1, 2, 2, 3, 3);
const onCpu = before.map((x, i) => x + (i % 2 === 0 ? 3 : 4));

function difference(...onDevice: Float32Array[]): number {
  return layerDifference({ before, onCpu, onDevice }, 2);
}

describe('layerDifference', () => {
  it('is 0 for equal states', () => {
    expect(difference(onCpu, onCpu.slice())).toBe(0);
  });

  it('is relative to what the layer adds, whatever the state', () => {
    expect(difference(onCpu.map((x) => x + 0.5))).toBeCloseTo(Math.SQRT1_2 / 5, 6);
  });

  it('lets one token choose another expert, not two', () => {
    const one = onCpu.with(0, 100);
    expect(difference(one)).toBe(0);
    expect(difference(one.with(5, 100))).toBeGreaterThan(10);
  });

  it('is that of the worst run', () => {
    expect(
      difference(
        onCpu,
        onCpu.map(() => 0),
      ),
    ).toBeGreaterThan(1);
  });

  it('is not a number when the device computes none', () => {
    expect(difference(onCpu.map(() => Number.NaN))).toBeNaN();
  });

  it('of a single token is that of the token', () => {
    const single = { before: before.slice(0, 2), onCpu: onCpu.slice(0, 2), onDevice: [Float32Array.of(0, 0)] };
    expect(layerDifference(single, 2)).toBeGreaterThan(1);
  });
});

describe('checkDevice', () => {
  it('passes on CUDA, and warns of the rounding of WebGPU', () => {
    expect(checkDevice('base', 'cuda', 1e-3, 'model.onnx')).toMatchObject({ id: 'device-equals-cpu', status: 'pass' });
    expect(checkDevice('ft', 'webgpu', 0.03, 'model.onnx')).toMatchObject({ status: 'warn', value: 0.03, limit: 0.1 });
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY])('ends the analysis at a difference of %d', (value) => {
    expect(() => checkDevice('base', 'cuda', value, 'model.onnx')).toThrow(FtLensError);
  });
});
