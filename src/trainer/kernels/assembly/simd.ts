/**
 * Four floats at a time. Relaxed SIMD has a fused multiply-add, which newer V8 turns into the processor's; without the
 * feature the two operations are rounded apart.
 */

/** a · b + c. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c − a · b. */
export function nmadd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** Sum of the four. */
export function sumOf(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

const LOG2_E: f32 = Mathf.LOG2E;
/** ln 2 in two parts: the first has few bits, so that its products with whole numbers are exact (Cody and Waite 1980). */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444005469057e-4;

/** e^x to about 1e-7 of it: 2^n times the Taylor polynomial of the rest, |rest| ≤ ln 2 / 2. Below −87 and above 88 it is cut. */
export function exp4(x: v128): v128 {
  const cut = f32x4.max(f32x4.min(x, f32x4.splat(88)), f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(cut, f32x4.splat(LOG2_E)));
  const rest = nmadd(n, f32x4.splat(LN2_LOW), nmadd(n, f32x4.splat(LN2_HIGH), cut));
  let sum = madd(rest, f32x4.splat(1.0 / 5040), f32x4.splat(1.0 / 720));
  sum = madd(sum, rest, f32x4.splat(1.0 / 120));
  sum = madd(sum, rest, f32x4.splat(1.0 / 24));
  sum = madd(sum, rest, f32x4.splat(1.0 / 6));
  sum = madd(sum, rest, f32x4.splat(0.5));
  sum = madd(sum, rest, f32x4.splat(1));
  sum = madd(sum, rest, f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(sum, power);
}

/** The first `count` of four, 1 to 3, the rest 0. */
export function loadSome(from: usize, count: i32): v128 {
  let some = v128.load32_zero(from);
  if (count > 1) some = f32x4.replace_lane(some, 1, load<f32>(from, 4));
  if (count > 2) some = f32x4.replace_lane(some, 2, load<f32>(from, 8));
  return some;
}

/** Stores the first `count` of four, 1 to 3. */
export function storeSome(to: usize, some: v128, count: i32): void {
  v128.store_lane<f32>(to, some, 0);
  if (count > 1) v128.store_lane<f32>(to, some, 1, 4);
  if (count > 2) v128.store_lane<f32>(to, some, 2, 8);
}
