/** [rows, columns] to [columns, rows], row-major. */
export function transpose(matrix: Float32Array, columns: number): Float32Array<ArrayBuffer> {
  const rows = matrix.length / columns;
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column]!;
  }
  return result;
}
