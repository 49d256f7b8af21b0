import type { Pick, TensorValue } from '../protocol.ts';

/** Copies some indices of one axis: only these then travel to the device. */
export function pickRows({ type, dims, data }: TensorValue, { axis, indices }: Pick): TensorValue {
  const outer = product(dims.slice(0, axis));
  const inner = product(dims.slice(axis + 1));
  const count = dims[axis] ?? 0;
  const picked = new (data.constructor as new (length: number) => Float32Array)(outer * indices.length * inner);
  let place = 0;
  for (let i = 0; i < outer; i += 1)
    for (const index of indices) {
      const start = (i * count + index) * inner;
      picked.set((data as Float32Array).subarray(start, start + inner), place);
      place += inner;
    }
  return { type, dims: dims.map((size, i) => (i === axis ? indices.length : size)), data: picked };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}
