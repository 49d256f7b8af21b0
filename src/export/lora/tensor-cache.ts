/** Room for the factors of one layer's fused experts at rank 16 in the largest public models. */
const CACHE_BYTES = 256 * 2 ** 20;

/**
 * Reads whole tensors and keeps those used last: the experts of a layer share their factors. They lie in memory that
 * threads share, so that a thread can be told of a tensor without a copy.
 * @param elements number of elements of a tensor
 * @param read a tensor as f32
 */
export function tensorCache(
  elements: (name: string) => number,
  read: (name: string) => Promise<Float32Array>,
): (name: string) => Promise<Float32Array> {
  const kept = new Map<string, { bytes: number; values: Promise<Float32Array> }>();
  return (name) => {
    const found = kept.get(name) ?? { bytes: 4 * elements(name), values: read(name).then(shared) };
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

function shared(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
