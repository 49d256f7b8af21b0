import { halvesToFloats } from './half';

/** f32 values of bf16 ones: a bf16 is the upper half of an f32. */
export function decodeBf16(source: usize, target: usize, count: i32): void {
  const whole = count & ~7;
  for (let i = 0; i < whole; i += 8, source += 16, target += 32) {
    const halves = v128.load(source);
    v128.store(target, i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16));
    v128.store(target, i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16), 16);
  }
  for (let i = whole; i < count; i++, source += 2, target += 4) {
    store<u32>(target, (<u32>load<u16>(source)) << 16);
  }
}

/** f32 values of f16 ones. */
export function decodeF16(source: usize, target: usize, count: i32): void {
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4, source += 8, target += 16) {
    v128.store(target, halvesToFloats(v128.load16x4_u(source)));
  }
  for (let i = whole; i < count; i++, source += 2, target += 4) {
    store<f32>(target, f32x4.extract_lane(halvesToFloats(i32x4.splat(load<u16>(source))), 0));
  }
}
