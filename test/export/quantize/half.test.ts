import { Float16Array } from '@petamoriken/float16';
import { expect, it } from 'vitest';
import { decodeWeights } from '../../../src/export/checkpoint/decode.ts';
import { toHalf } from '../../../src/export/quantize/half.ts';
import { randomValues } from '../random.ts';

it('rounds to the nearest f16, ties to even', () => {
  // Bit patterns of IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits.
  const cases: [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [1 + 2 ** -10, 0x3c01],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [-1e38, 0xfc00],
    [-Infinity, 0xfc00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.001, 0x0001],
    [3 * 2 ** -25, 0x0002],
    [2 ** -14 * (1 - 2 ** -12), 0x0400],
    [1e-40, 0x0000],
  ];
  expect([...toHalf(Float32Array.from(cases, ([value]) => value))]).toEqual(cases.map(([, bits]) => bits));
});

it('gives every f16 its own bits back', () => {
  const all = Uint16Array.from({ length: 0x7c01 }, (_, bits) => bits);
  const values = decodeWeights(new Uint8Array(all.slice().buffer), 'f16');
  expect(toHalf(values)).toEqual(all);
});

it('rounds as another implementation does, at every magnitude', () => {
  const values = randomValues(20_000, 5).map((value, i) => value * 2 ** ((i % 48) - 28));
  expect(toHalf(values)).toEqual(new Uint16Array(new Float16Array(values).buffer));
});

it('keeps what is not a number', () => {
  expect(decodeWeights(new Uint8Array(toHalf(Float32Array.of(NaN)).buffer), 'f16')).toEqual(Float32Array.of(NaN));
});
