/**
 * What each step of an export costs one core, in nanoseconds of CPU time per weight: plain TypeScript, which is the
 * definition, and the SIMD kernels that do the same bit for bit.
 *
 *     npm run build && npx tsx scripts/bench/kernels.ts
 */
import { createHash } from 'node:crypto';
import { decodeWeights } from '../../src/export/checkpoint/decode.ts';
import { Kernels } from '../../src/export/kernels/kernels.ts';
import { addLowRank } from '../../src/export/lora/low-rank.ts';
import { dequantizeBlocks, quantizeBlocks } from '../../src/export/quantize/blocks.ts';
import { toHalf } from '../../src/export/quantize/half.ts';
import { errorSums } from '../../src/export/quantize/quantization-errors.ts';
import { survivalSums } from '../../src/export/quantize/survival.ts';

const COLUMNS = 2_048;
const ROWS = 16;
const COUNT = ROWS * COLUMNS;
const BLOCK = 64;
const RANK = 16;
const SECONDS = 0.4;

const kernels = new Kernels();
const { run } = kernels;
const [raw, weights, merged, stored, packed, scales, sums] = [2, 4, 4, 4, 2, 4, 1].map((bytes) =>
  kernels.take(bytes * COUNT),
) as [number, number, number, number, number, number, number];
const b = kernels.take(8 * ROWS * RANK);
const a = kernels.take(8 * RANK * COLUMNS);

const values = Float32Array.from({ length: COUNT }, (_, i) => 0.02 * Math.sin(i) * Math.cos(i * i));
const bf16 = new Uint8Array(Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16).buffer);
kernels.floats(weights, COUNT).set(values);
kernels.floats(merged, COUNT).set(values);
kernels.bytes(raw, bf16.length).set(bf16);
kernels.doubles(b, ROWS * RANK).fill(1e-3);
kernels.doubles(a, RANK * COLUMNS).fill(1e-3);
const factors = { b: new Float32Array(ROWS * RANK).fill(1e-3), a: new Float32Array(RANK * COLUMNS).fill(1e-3) };
const changed = values.map((value) => value * 1.001);

type Step = readonly [name: string, plain: () => unknown, simd: (() => unknown) | undefined];

const quantize = (bits: 4 | 8, search: boolean): Step => [
  `quantise to ${bits} bits${search ? ', scale searched' : ''}`,
  () => dequantizeBlocks(quantizeBlocks(values, bits, BLOCK, search), bits, BLOCK),
  () => run.quantizeBlocks(weights, packed, scales, stored, COUNT / BLOCK, BLOCK, bits, search),
];

const STEPS: readonly Step[] = [
  ['decode bf16', () => decodeWeights(bf16, 'bf16'), () => run.decodeBf16(raw, stored, COUNT)],
  [
    `merge a LoRA of rank ${RANK}`,
    () => addLowRank(changed, factors.b, factors.a, RANK, 2),
    () => run.addLowRank(merged, b, a, ROWS, COLUMNS, RANK, 2),
  ],
  quantize(4, false),
  quantize(8, false),
  quantize(4, true),
  [
    'round to f16',
    () => decodeWeights(new Uint8Array(toHalf(values).buffer), 'f16'),
    () => run.encodeF16(weights, packed, stored, COUNT),
  ],
  ['sum the errors', () => errorSums(values, changed), () => run.addErrors(weights, merged, COUNT, sums)],
  [
    'sum what survives of the LoRA',
    () => survivalSums({ base: values, merged: changed, storedBase: values, storedMerged: changed }),
    () => run.addSurvival(weights, merged, weights, merged, COUNT, sums),
  ],
  ['SHA-256 of the bf16 bytes', () => createHash('sha256').update(bf16).digest(), undefined],
];

process.stdout.write('| step | TypeScript | SIMD | ratio |\n|---|---|---|---|\n');
for (const [name, plain, simd] of STEPS) {
  const slow = nanoseconds(plain);
  const fast = simd && nanoseconds(simd);
  const cells = fast === undefined ? ['', ''] : [fast.toFixed(2), (slow / fast).toFixed(1)];
  process.stdout.write(`| ${[name, slow.toFixed(2), ...cells].join(' | ')} |\n`);
}

/** CPU time of the whole process, per weight. */
function nanoseconds(step: () => unknown): number {
  for (let i = 0; i < 20; i++) step();
  const start = process.cpuUsage();
  let calls = 0;
  let microseconds = 0;
  while (microseconds < SECONDS * 1e6) {
    for (let i = 0; i < 10; i++) step();
    calls += 10;
    const { user, system } = process.cpuUsage(start);
    microseconds = user + system;
  }
  return (1_000 * microseconds) / (calls * COUNT);
}
