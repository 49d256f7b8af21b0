import type { SafetensorsFile } from '../checkpoint/safetensors-file.ts';
import { elementCount } from '../checkpoint/shape.ts';

/** Room for the factors of one layer's fused experts at rank 16 in the largest public models. */
const CACHE_BYTES = 256 * 2 ** 20;

/** Reads whole tensors as f32 and keeps those used last: the experts of a layer share their factors. */
export function tensorCache(file: SafetensorsFile): (name: string) => Promise<Float32Array> {
  const kept = new Map<string, { bytes: number; values: Promise<Float32Array> }>();
  return (name) => {
    const elements = elementCount(file.header.tensors.get(name)!.shape);
    const found = kept.get(name) ?? { bytes: 4 * elements, values: file.read(name, 0, elements) };
    // A Map keeps the order of insertion: the oldest is first.
    kept.delete(name);
    kept.set(name, found);
    let bytes = [...kept.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [oldest, entry] of kept) {
      if (bytes <= CACHE_BYTES || oldest === name) break;
      kept.delete(oldest);
      bytes -= entry.bytes;
    }
    return found.values;
  };
}
