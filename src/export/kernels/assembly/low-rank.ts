/** Columns of a tile: few enough that the sums, and all that goes into them, stay in registers. */
const TILE: i32 = 4;
const TILE_BYTES: usize = TILE * 8;
/** Tiles whose factors stay in the first-level cache while the rows go by: 512 bytes a rank. */
const BAND: i32 = 16;

/**
 * Adds scale · B A to weights, in place. Sums are f64, ranks are taken four at a time in their order, and each weight is
 * rounded to f32 once.
 * @param weights f32 (rows, columns); columns are a multiple of 4
 * @param b f64 (rows, rank)
 * @param a f64 (columns / 4, rank, 4): all ranks of four columns lie together
 */
export function addLowRank(
  weights: usize,
  b: usize,
  a: usize,
  rows: i32,
  columns: i32,
  rank: i32,
  scale: f64,
): void {
  const tiles = columns / TILE;
  const factor = f64x2.splat(scale);
  for (let first = 0; first < tiles; first += BAND) {
    const last = min(first + BAND, tiles);
    for (let row = 0; row < rows; row++) {
      const bRow = b + <usize>(row * rank * 8);
      for (let tile = first; tile < last; tile++) {
        const four = weights + <usize>(row * columns + tile * TILE) * 4;
        addTile(four, bRow, a + <usize>(tile * rank) * TILE_BYTES, rank, factor);
      }
    }
  }
}

/** One row of a tile. */
@inline
function addTile(weights: usize, b: usize, a: usize, rank: i32, scale: v128): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = b + <usize>(rank * 8);
  const endOfFours = b + <usize>((rank & ~3) * 8);
  for (; b < endOfFours; b += 32, a += 4 * TILE_BYTES) {
    const b0 = v128.load64_splat(b);
    const b1 = v128.load64_splat(b, 8);
    const b2 = v128.load64_splat(b, 16);
    const b3 = v128.load64_splat(b, 24);
    // From left to right: the order is part of the result.
    let four = f64x2.add(f64x2.mul(b0, v128.load(a)), f64x2.mul(b1, v128.load(a, TILE_BYTES)));
    four = f64x2.add(four, f64x2.mul(b2, v128.load(a, 2 * TILE_BYTES)));
    low = f64x2.add(low, f64x2.add(four, f64x2.mul(b3, v128.load(a, 3 * TILE_BYTES))));
    four = f64x2.add(f64x2.mul(b0, v128.load(a, 16)), f64x2.mul(b1, v128.load(a, TILE_BYTES + 16)));
    four = f64x2.add(four, f64x2.mul(b2, v128.load(a, 2 * TILE_BYTES + 16)));
    high = f64x2.add(high, f64x2.add(four, f64x2.mul(b3, v128.load(a, 3 * TILE_BYTES + 16))));
  }
  for (; b < end; b += 8, a += TILE_BYTES) {
    const b0 = v128.load64_splat(b);
    low = f64x2.add(low, f64x2.mul(b0, v128.load(a)));
    high = f64x2.add(high, f64x2.mul(b0, v128.load(a, 16)));
  }
  const lowSum = f64x2.add(f64x2.promote_low_f32x4(v128.load64_zero(weights)), f64x2.mul(scale, low));
  const highSum = f64x2.add(f64x2.promote_low_f32x4(v128.load64_zero(weights, 8)), f64x2.mul(scale, high));
  v128.store(weights, i64x2.shuffle(f32x4.demote_f64x2_zero(lowSum), f32x4.demote_f64x2_zero(highSum), 0, 2));
}
