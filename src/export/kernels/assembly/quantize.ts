import { roundToHalf } from './half';
import { searchScale } from './search-scale';

/** 1.5 · 2^23: adding it to a small f32 rounds that to an integer, ties to even, which then stands in the lower bits. */
const ROUNDER: f32 = 12_582_912;

/**
 * Blockwise integers of `bits` bits; the rule is that of quantize/blocks.ts, bit for bit.
 * @param weights f32 [blocks, blockSize]; blockSize is a multiple of 16
 * @param packed u8 [blocks, blockSize · bits / 8]
 * @param scales f32 [blocks]
 * @param stored f32, laid out as weights: integer · scale
 * @param search take the best of several scales for each block
 */
export function quantizeBlocks(
  weights: usize,
  packed: usize,
  scales: usize,
  stored: usize,
  blocks: i32,
  blockSize: i32,
  bits: i32,
  search: bool,
): void {
  const blockBytes = <usize>(blockSize * 4);
  const packedBytes = <usize>((blockSize * bits) / 8);
  const lowest = -(1 << (bits - 1));
  for (let block = 0; block < blocks; block++) {
    const exact = signedExtreme(weights, blockBytes) / <f32>lowest;
    let scale = roundToHalf(exact);
    if (search) scale = searchScale(weights, blockBytes, bits, exact, scale);
    store<f32>(scales, scale);
    quantizeBlock(weights, packed, stored, blockBytes, scale, bits);
    weights += blockBytes;
    stored += blockBytes;
    packed += packedBytes;
    scales += 4;
  }
}

/** The weight of largest magnitude; the first of several. */
function signedExtreme(at: usize, bytes: usize): f32 {
  // Bits of positive f32 grow with the value as signed integers; those of negative ones, with the magnitude as unsigned.
  let highest = i32x4.splat(0);
  let lowest = i32x4.splat(0);
  const end = at + bytes;
  for (let from = at; from < end; from += 16) {
    const values = v128.load(from);
    highest = i32x4.max_s(highest, values);
    lowest = i32x4.max_u(lowest, values);
  }
  highest = i32x4.max_s(highest, i64x2.shuffle(highest, highest, 1, 0));
  lowest = i32x4.max_u(lowest, i64x2.shuffle(lowest, lowest, 1, 0));
  const positive = max(i32x4.extract_lane(highest, 0), i32x4.extract_lane(highest, 1));
  const most = max(<u32>i32x4.extract_lane(lowest, 0), <u32>i32x4.extract_lane(lowest, 1));
  const negative = <i32>most < 0 ? <i32>(most & 0x7fff_ffff) : 0;
  const isUsual = positive != negative && positive < 0x7f80_0000 && negative < 0x7f80_0000;
  if (!isUsual) return firstExtreme(at, end);
  return positive > negative ? reinterpret<f32>(positive) : -reinterpret<f32>(negative);
}

/** The same by its definition. */
function firstExtreme(from: usize, end: usize): f32 {
  let extreme: f32 = 0;
  for (; from < end; from += 4) {
    const value = load<f32>(from);
    if (abs(value) > abs(extreme)) extreme = value;
  }
  return extreme;
}

function quantizeBlock(weights: usize, packed: usize, stored: usize, bytes: usize, scale: f32, bits: i32): void {
  if (scale == 0) return zeroBlock(packed, stored, bytes, bits);
  const offset = i16x8.splat(1 << <i16>(bits - 1));
  const scales = f32x4.splat(scale);
  for (const end = weights + bytes; weights < end; weights += 64, stored += 64) {
    const a = quantizeFour(weights, stored, scales, bits);
    const b = quantizeFour(weights + 16, stored + 16, scales, bits);
    const c = quantizeFour(weights + 32, stored + 32, scales, bits);
    const d = quantizeFour(weights + 48, stored + 48, scales, bits);
    const low = i16x8.add(i16x8.narrow_i32x4_s(a, b), offset);
    const high = i16x8.add(i16x8.narrow_i32x4_s(c, d), offset);
    const integers = i8x16.narrow_i16x8_u(low, high);
    if (bits == 4) {
      v128.store64_lane(packed, packNibbles(integers), 0);
      packed += 8;
    } else {
      v128.store(packed, integers);
      packed += 16;
    }
  }
}

/** clamp(round(w / scale)), halves up, of four weights; `stored` gets what they stand for. */
@inline
function quantizeFour(weights: usize, stored: usize, scale: v128, bits: i32): v128 {
  const lowest = i32x4.splat(-(1 << (bits - 1)));
  const highest = i32x4.splat((1 << (bits - 1)) - 1);
  const rounder = f32x4.splat(ROUNDER);
  // w / scale rounded to f32 is on the same side of every half-integer h, or on it, as the quotient itself: h · scale
  // is an f32 (8 bits times 11), so a weight that differs from it does so by more than half a unit of h.
  const quotient = f32x4.div(v128.load(weights), scale);
  const shifted = f32x4.add(quotient, rounder);
  const isTie = f32x4.eq(f32x4.sub(quotient, f32x4.sub(shifted, rounder)), f32x4.splat(0.5));
  const rounded = i32x4.sub(i32x4.sub(shifted, rounder), isTie);
  // What is not a number becomes the lowest integer, whatever its bits are.
  const number = v128.bitselect(rounded, lowest, f32x4.eq(quotient, quotient));
  const integers = i32x4.min_s(i32x4.max_s(number, lowest), highest);
  v128.store(stored, f32x4.mul(f32x4.convert_i32x4_s(integers), scale));
  return integers;
}

function zeroBlock(packed: usize, stored: usize, bytes: usize, bits: i32): void {
  memory.fill(stored, 0, bytes);
  const weights = <i32>bytes / 4;
  if (bits == 4) memory.fill(packed, 0x88, weights / 2);
  else memory.fill(packed, 0x80, weights);
}

/** Sixteen integers of 4 bits in eight bytes: the even one is the low half. */
@inline
function packNibbles(integers: v128): v128 {
  const pairs = v128.and(v128.or(integers, i16x8.shr_u(integers, 4)), i16x8.splat(0xff));
  return i8x16.narrow_i16x8_u(pairs, pairs);
}
