import { getFloat16 } from '@petamoriken/float16';
import { expect, it } from 'vitest';
import { decodeWeights } from '../../../src/export/checkpoint/decode.ts';

const ALL_HALVES = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

function decode(halves: Uint16Array, dtype: 'bf16' | 'f16'): Float32Array {
  return decodeWeights(new Uint8Array(halves.slice().buffer), dtype);
}

it('decodes every f16 as another implementation does', () => {
  const view = new DataView(ALL_HALVES.slice().buffer);
  const expected = Float32Array.from({ length: 65_536 }, (_, i) => getFloat16(view, 2 * i, true));
  expect(decode(ALL_HALVES, 'f16')).toEqual(expected);
});

it('decodes a bf16 as the upper half of an f32', () => {
  expect([...decode(Uint16Array.of(0x3f80, 0xc020, 0x0080, 0x8000, 0x7f80), 'bf16')]).toEqual([
    1,
    -2.5,
    2 ** -126,
    -0,
    Infinity,
  ]);
});

it('reads f32 as it is', () => {
  const values = Float32Array.of(1.5, -0, 3e-45);
  expect(decodeWeights(new Uint8Array(values.slice().buffer), 'f32')).toEqual(values);
});
