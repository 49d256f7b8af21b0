import type { WeightSource } from '../checkpoint/weight-source.ts';

/** The same weights, of which the rows that were asked for last are not read and decoded once more. */
export function rememberRows(source: WeightSource): WeightSource {
  let lastKey = '';
  let last: Promise<Float32Array> | undefined;
  return {
    names: source.names,
    shape: (name) => source.shape(name),
    async rows(name, from, to) {
      const key = `${name} ${from} ${to}`;
      if (key !== lastKey || last === undefined) {
        lastKey = key;
        last = source.rows(name, from, to);
      }
      return last;
    },
  };
}
