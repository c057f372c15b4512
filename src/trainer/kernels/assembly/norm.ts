/** Layer normalisation (Ba, Kiros, Hinton 2016) of a sum: scale · (s − mean) / √(variance + ε) + shift, s = drop(x) + residual. */
import { fillMask, isIdle, multiply } from './dropout';
import { loadSome, madd, storeSome, sumOf } from './simd';

/** Mean and 1 / √(variance + ε) of the row in hand. */
let mean: f32 = 0;
let inverse: f32 = 0;

function measure(row: usize, width: i32, epsilon: f32): void {
  let sums = f32x4.splat(0);
  let from = row;
  let rest = width;
  for (; rest >= 4; rest -= 4) {
    sums = f32x4.add(sums, v128.load(from));
    from += 16;
  }
  if (rest > 0) sums = f32x4.add(sums, loadSome(from, rest));
  mean = sumOf(sums) / <f32>width;
  const middle = f32x4.splat(mean);
  let squares = f32x4.splat(0);
  from = row;
  for (rest = width; rest >= 4; rest -= 4) {
    const off = f32x4.sub(v128.load(from), middle);
    squares = madd(off, off, squares);
    from += 16;
  }
  let square = sumOf(squares);
  for (; rest > 0; rest--) {
    const off = load<f32>(from) - mean;
    square += off * off;
    from += 4;
  }
  inverse = 1 / sqrt<f32>(square / <f32>width + epsilon);
}

/**
 * y [rows, width]; `sum` gets drop(x) + residual. Without a residual (0), x is normalised as it is and `sum` is not used.
 * `scratch` is for the mask of a row.
 */
export function norm(
  x: usize,
  residual: usize,
  scale: usize,
  shift: usize,
  y: usize,
  sum: usize,
  rows: i32,
  width: i32,
  epsilon: f32,
  scratch: usize,
): void {
  const step = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    let from = x;
    if (residual !== 0) {
      addRow(x, residual, sum, width, isIdle() ? 0 : fillMask(row * width, width, scratch));
      from = sum;
      sum += step;
      residual += step;
    }
    measure(from, width, epsilon);
    shiftRow(from, scale, shift, y, width);
    x += step;
    y += step;
  }
}

/** to = x · factors + residual; no factors (0): x as it is. */
function addRow(x: usize, residual: usize, to: usize, width: i32, factors: usize): void {
  let rest = width;
  for (; rest >= 4; rest -= 4) {
    let value = v128.load(x);
    if (factors !== 0) {
      value = f32x4.mul(value, v128.load(factors));
      factors += 16;
    }
    v128.store(to, f32x4.add(value, v128.load(residual)));
    x += 16;
    residual += 16;
    to += 16;
  }
  for (; rest > 0; rest--) {
    let value = load<f32>(x);
    if (factors !== 0) {
      value *= load<f32>(factors);
      factors += 4;
    }
    store<f32>(to, value + load<f32>(residual));
    x += 4;
    residual += 4;
    to += 4;
  }
}

function shiftRow(from: usize, scale: usize, shift: usize, y: usize, width: i32): void {
  const middle = f32x4.splat(mean);
  const factor = f32x4.splat(inverse);
  let rest = width;
  for (; rest >= 4; rest -= 4) {
    const normal = f32x4.mul(f32x4.sub(v128.load(from), middle), factor);
    v128.store(y, madd(normal, v128.load(scale), v128.load(shift)));
    from += 16;
    scale += 16;
    shift += 16;
    y += 16;
  }
  if (rest > 0) {
    const normal = f32x4.mul(f32x4.sub(loadSome(from, rest), middle), factor);
    storeSome(y, madd(normal, loadSome(scale, rest), loadSome(shift, rest)), rest);
  }
}

/**
 * From what was normalised (`sum`) and the slope of the result: the slope of the sum, that of x (0: not wanted) and, added
 * to what is there, those of scale and shift.
 */
export function normGradient(
  dy: usize,
  sum: usize,
  scale: usize,
  dSum: usize,
  dx: usize,
  dScale: usize,
  dShift: usize,
  rows: i32,
  width: i32,
  epsilon: f32,
  scratch: usize,
): void {
  const step = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    measure(sum, width, epsilon);
    slopeRow(dy, sum, scale, dSum, dScale, dShift, width);
    if (dx !== 0) {
      multiply(dSum, fillMask(row * width, width, scratch), dx, width);
      dx += step;
    }
    dy += step;
    sum += step;
    dSum += step;
  }
}

function slopeRow(dy: usize, sum: usize, scale: usize, dSum: usize, dScale: usize, dShift: usize, width: i32): void {
  const middle = f32x4.splat(mean);
  const factor = f32x4.splat(inverse);
  let all = f32x4.splat(0);
  let along = f32x4.splat(0);
  let at: usize = 0;
  let rest = width;
  for (; rest >= 4; rest -= 4) {
    const slope = v128.load(dy + at);
    const normal = f32x4.mul(f32x4.sub(v128.load(sum + at), middle), factor);
    const scaled = f32x4.mul(slope, v128.load(scale + at));
    all = f32x4.add(all, scaled);
    along = madd(scaled, normal, along);
    v128.store(dScale + at, madd(slope, normal, v128.load(dScale + at)));
    v128.store(dShift + at, f32x4.add(slope, v128.load(dShift + at)));
    at += 16;
  }
  if (rest > 0) {
    const slope = loadSome(dy + at, rest);
    const normal = f32x4.mul(f32x4.sub(loadSome(sum + at, rest), middle), factor);
    const scaled = f32x4.mul(slope, loadSome(scale + at, rest));
    all = f32x4.add(all, scaled);
    along = madd(scaled, normal, along);
    storeSome(dScale + at, madd(slope, normal, loadSome(dScale + at, rest)), rest);
    storeSome(dShift + at, f32x4.add(slope, loadSome(dShift + at, rest)), rest);
  }
  const level = f32x4.splat(sumOf(all) / <f32>width);
  const tilt = f32x4.splat(sumOf(along) / <f32>width);
  at = 0;
  for (rest = width; rest >= 4; rest -= 4) {
    const normal = f32x4.mul(f32x4.sub(v128.load(sum + at), middle), factor);
    const scaled = f32x4.mul(v128.load(dy + at), v128.load(scale + at));
    v128.store(dSum + at, f32x4.mul(factor, f32x4.sub(f32x4.sub(scaled, level), f32x4.mul(normal, tilt))));
    at += 16;
  }
  if (rest > 0) {
    const normal = f32x4.mul(f32x4.sub(loadSome(sum + at, rest), middle), factor);
    const scaled = f32x4.mul(loadSome(dy + at, rest), loadSome(scale + at, rest));
    storeSome(dSum + at, f32x4.mul(factor, f32x4.sub(f32x4.sub(scaled, level), f32x4.mul(normal, tilt))), rest);
  }
}
