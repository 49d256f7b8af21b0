/** Rows [from, to). */
export type RowRange = readonly [from: number, to: number];

/** Rows that are read at once. */
const RUN = 16;

/** About `wanted` of `rows` rows, in short runs that are spread evenly from the first row to the last. */
export function sampleRows(rows: number, wanted: number): RowRange[] {
  if (rows <= wanted) return [[0, rows]];
  const runs = Math.ceil(wanted / RUN);
  const last = rows - RUN;
  return Array.from({ length: runs }, (_, i) => {
    const from = runs === 1 ? 0 : Math.round((i * last) / (runs - 1));
    return [from, from + RUN];
  });
}
