/**
 * Copies rows of `rowBytes` bytes each into every `turns`-th row of `target`.
 * @param first row of `target` that the first one becomes
 */
export function interleave(target: Uint8Array, rows: Uint8Array, rowBytes: number, first: number, turns: number): void {
  if (turns === 1) {
    target.set(rows, first * rowBytes);
    return;
  }
  for (let from = 0, row = first; from < rows.length; from += rowBytes, row += turns) {
    target.set(rows.subarray(from, from + rowBytes), row * rowBytes);
  }
}
