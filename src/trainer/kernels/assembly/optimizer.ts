/** What an update does to all weights. */
import { loadSome, madd, storeSome } from './simd';

/** In double precision: a float sum over millions of weights is short by parts in a thousand. */
export function sumOfSquares(x: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let rest = count;
  for (; rest >= 4; rest -= 4) {
    const four = v128.load(x);
    const first = f64x2.promote_low_f32x4(four);
    const second = f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
    x += 16;
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; rest > 0; rest--) {
    const value = <f64>load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}

export function scaleBy(x: usize, count: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  let rest = count;
  for (; rest >= 4; rest -= 4) {
    v128.store(x, f32x4.mul(v128.load(x), by));
    x += 16;
  }
  if (rest > 0) storeSome(x, f32x4.mul(loadSome(x, rest), by), rest);
}

/** The constants of the update in hand. */
let beta1: f32 = 0;
let beta2: f32 = 0;
let epsilon: f32 = 0;
let decay: f32 = 1;
let size: f32 = 0;
let correction: f32 = 1;

/** One step of Adam with decoupled weight decay (Loshchilov and Hutter 2019), in place: see optimizers/. */
export function adamw(
  values: usize,
  gradient: usize,
  means: usize,
  squares: usize,
  count: i32,
  ofBeta1: f32,
  ofBeta2: f32,
  ofEpsilon: f32,
  ofDecay: f32,
  ofSize: f32,
  ofCorrection: f32,
): void {
  beta1 = ofBeta1;
  beta2 = ofBeta2;
  epsilon = ofEpsilon;
  decay = ofDecay;
  size = ofSize;
  correction = ofCorrection;
  let rest = count;
  for (; rest >= 4; rest -= 4) {
    const slope = v128.load(gradient);
    const mean = nextMean(v128.load(means), slope);
    const square = nextSquare(v128.load(squares), slope);
    v128.store(means, mean);
    v128.store(squares, square);
    v128.store(values, nextValue(v128.load(values), mean, square));
    values += 16;
    gradient += 16;
    means += 16;
    squares += 16;
  }
  if (rest === 0) return;
  const slope = loadSome(gradient, rest);
  const mean = nextMean(loadSome(means, rest), slope);
  const square = nextSquare(loadSome(squares, rest), slope);
  storeSome(means, mean, rest);
  storeSome(squares, square, rest);
  storeSome(values, nextValue(loadSome(values, rest), mean, square), rest);
}

function nextMean(mean: v128, slope: v128): v128 {
  return madd(f32x4.splat(beta1), mean, f32x4.mul(f32x4.splat(1 - beta1), slope));
}

function nextSquare(square: v128, slope: v128): v128 {
  return madd(f32x4.splat(beta2), square, f32x4.mul(f32x4.splat(1 - beta2), f32x4.mul(slope, slope)));
}

function nextValue(value: v128, mean: v128, square: v128): v128 {
  const root = f32x4.add(f32x4.div(f32x4.sqrt(square), f32x4.splat(correction)), f32x4.splat(epsilon));
  return f32x4.sub(f32x4.mul(value, f32x4.splat(decay)), f32x4.div(f32x4.mul(f32x4.splat(size), mean), root));
}
