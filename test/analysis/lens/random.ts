/** Reproducible normal deviates: the Mulberry32 generator through the Box-Muller transform. */
function normal(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export function normals(length: number, seed: number, scale = 1): Float32Array {
  const next = normal(seed);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 1) values[i] = next() * scale;
  return values;
}
