/**
 * Sums over weights in their order, one after the other: the order is part of the result. All arithmetic is f64; `sums`
 * is read first, so that a sum can go on from one call to the next.
 */

/**
 * What storing costs.
 * @param sums f64 [2]: Σ (stored − original)², Σ original²
 */
export function addErrors(original: usize, stored: usize, count: i32, sums: usize): void {
  // One lane each: two sums for one addition.
  let sum = v128.load(sums);
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4, original += 16, stored += 16) {
    const before = v128.load(original);
    const after = v128.load(stored);
    const low = f64x2.promote_low_f32x4(before);
    const high = f64x2.promote_low_f32x4(upper(before));
    const lowError = f64x2.sub(f64x2.promote_low_f32x4(after), low);
    const highError = f64x2.sub(f64x2.promote_low_f32x4(upper(after)), high);
    const lowErrors = f64x2.mul(lowError, lowError);
    const lowSquares = f64x2.mul(low, low);
    const highErrors = f64x2.mul(highError, highError);
    const highSquares = f64x2.mul(high, high);
    sum = f64x2.add(sum, firsts(lowErrors, lowSquares));
    sum = f64x2.add(sum, seconds(lowErrors, lowSquares));
    sum = f64x2.add(sum, firsts(highErrors, highSquares));
    sum = f64x2.add(sum, seconds(highErrors, highSquares));
  }
  for (let i = whole; i < count; i++, original += 4, stored += 4) {
    const value = <f64>load<f32>(original);
    const error = <f64>load<f32>(stored) - value;
    sum = f64x2.add(sum, f64x2.replace_lane(f64x2.splat(value * value), 0, error * error));
  }
  v128.store(sums, sum);
}

/**
 * What becomes of a change once weights are stored.
 * @param sums f64 [3]: Σ made², Σ stored², Σ made · stored, where made = merged − base, and stored likewise
 */
export function addSurvival(
  base: usize,
  merged: usize,
  storedBase: usize,
  storedMerged: usize,
  count: i32,
  sums: usize,
): void {
  let squares = v128.load(sums);
  let product = load<f64>(sums, 16);
  const whole = count & ~1;
  for (let i = 0; i < whole; i += 2, base += 8, merged += 8, storedBase += 8, storedMerged += 8) {
    const made = difference(merged, base);
    const stored = difference(storedMerged, storedBase);
    const madeSquares = f64x2.mul(made, made);
    const storedSquares = f64x2.mul(stored, stored);
    const products = f64x2.mul(made, stored);
    squares = f64x2.add(squares, firsts(madeSquares, storedSquares));
    squares = f64x2.add(squares, seconds(madeSquares, storedSquares));
    product += f64x2.extract_lane(products, 0);
    product += f64x2.extract_lane(products, 1);
  }
  if (whole < count) {
    const made = <f64>load<f32>(merged) - <f64>load<f32>(base);
    const stored = <f64>load<f32>(storedMerged) - <f64>load<f32>(storedBase);
    squares = f64x2.add(squares, f64x2.replace_lane(f64x2.splat(stored * stored), 0, made * made));
    product += made * stored;
  }
  v128.store(sums, squares);
  store<f64>(sums, product, 16);
}

@inline
function difference(after: usize, before: usize): v128 {
  return f64x2.sub(
    f64x2.promote_low_f32x4(v128.load64_zero(after)),
    f64x2.promote_low_f32x4(v128.load64_zero(before)),
  );
}

/** The upper two f32 as the lower ones. */
@inline
function upper(values: v128): v128 {
  return i64x2.shuffle(values, values, 1, 1);
}

@inline
function firsts(a: v128, b: v128): v128 {
  return f64x2.shuffle(a, b, 0, 2);
}

@inline
function seconds(a: v128, b: v128): v128 {
  return f64x2.shuffle(a, b, 1, 3);
}
