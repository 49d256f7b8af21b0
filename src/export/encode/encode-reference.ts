import { decodeWeights } from '../checkpoint/decode.ts';
import { changeRows } from '../lora/rows-change.ts';
import { encodeRows } from '../quantize/encode-rows.ts';
import { errorSums } from '../quantize/quantization-errors.ts';
import { survivalSums } from '../quantize/survival.ts';
import { interleave } from './interleave.ts';
import { rowBytesOf } from './row-bytes.ts';
import type { EncodeTask, RowSums } from './task.ts';

/** What {@link encode} does, in plain TypeScript: the definition, which the kernels match bit for bit. */
export function encodeReference({ encoding, columns, sources, parts }: EncodeTask): RowSums[] {
  return sources.map(({ stored, change }, turn) => {
    const base = decodeWeights(stored.bytes, stored.dtype);
    const merged = change === undefined ? base : changeRows(base, change);
    const after = encodeRows(merged, columns, encoding);
    for (const [part, rowBytes] of rowBytesOf(encoding, columns).entries()) {
      interleave(parts[part]!, after.parts[part]!, rowBytes, turn, sources.length);
    }
    const error = errorSums(merged, after.stored);
    if (change === undefined) return { error };
    const storedBase = encodeRows(base, columns, encoding).stored;
    return { error, survival: survivalSums({ base, merged, storedBase, storedMerged: after.stored }) };
  });
}
