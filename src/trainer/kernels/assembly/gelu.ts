/** Hendrycks and Gimpel's GELU, x · Φ(x), with the normal distribution function Φ. */
import { exp4, loadSome, madd, storeSome } from './simd';

/**
 * The error function of Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 7.1.26: at most 1.5e-7 off.
 * Its exponential, e^(−x²/2), is that of the density too.
 */
const P: f32 = 0.3275911;
const A1: f32 = 0.254829592;
const A2: f32 = -0.284496736;
const A3: f32 = 1.421413741;
const A4: f32 = -1.453152027;
const A5: f32 = 1.061405429;
const SQRT_HALF: f32 = Mathf.SQRT1_2;
const DENSITY: f32 = 0.3989422804014327;

/** e^(−x²/2). */
function bell(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

/** Φ(x), given e^(−x²/2). */
function distribution(x: v128, peak: v128): v128 {
  const one = f32x4.splat(1);
  const t = f32x4.div(one, madd(f32x4.abs(x), f32x4.splat(P * SQRT_HALF), one));
  let sum = madd(t, f32x4.splat(A5), f32x4.splat(A4));
  sum = madd(sum, t, f32x4.splat(A3));
  sum = madd(sum, t, f32x4.splat(A2));
  sum = madd(sum, t, f32x4.splat(A1));
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(sum, t), peak), f32x4.splat(0.5));
  return v128.bitselect(f32x4.sub(one, tail), tail, f32x4.ge(x, f32x4.splat(0)));
}

function value(x: v128): v128 {
  return f32x4.mul(x, distribution(x, bell(x)));
}

function slope(x: v128): v128 {
  const peak = bell(x);
  return madd(f32x4.mul(x, f32x4.splat(DENSITY)), peak, distribution(x, peak));
}

export function gelu(x: usize, y: usize, count: i32): void {
  for (let rest = count; rest > 0; rest -= 4) {
    const result = value(rest >= 4 ? v128.load(x) : loadSome(x, rest));
    if (rest >= 4) v128.store(y, result);
    else storeSome(y, result, rest);
    x += 16;
    y += 16;
  }
}

/** dx = dy · GELU'(x). */
export function geluGradient(dy: usize, x: usize, dx: usize, count: i32): void {
  for (let rest = count; rest > 0; rest -= 4) {
    const isWhole = rest >= 4;
    const steep = slope(isWhole ? v128.load(x) : loadSome(x, rest));
    const result = f32x4.mul(isWhole ? v128.load(dy) : loadSome(dy, rest), steep);
    if (isWhole) v128.store(dx, result);
    else storeSome(dx, result, rest);
    dy += 16;
    x += 16;
    dx += 16;
  }
}
