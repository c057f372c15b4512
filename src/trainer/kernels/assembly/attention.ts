/**
 * Scaled dot-product attention in heads (Vaswani et al. 2017). Queries are [texts · queries, width], keys and values
 * [texts · length, width], each head a stripe of `part` columns; probabilities [texts, heads, queries, length].
 */
import { fillMask, isIdle, multiply } from './dropout';
import { gemm } from './gemm';
import { exp4, loadSome, madd, storeSome, sumOf } from './simd';

/** Bytes of scratch memory for both functions here. */
export function attentionScratchBytes(queries: i32, length: i32): i32 {
  return (3 * queries * length + 96) * 4;
}

/** `bias` [texts, length] is added to the scores. The probabilities are kept before dropout. */
export function attention(
  query: usize,
  key: usize,
  value: usize,
  bias: usize,
  context: usize,
  probabilities: usize,
  texts: i32,
  heads: i32,
  queries: i32,
  length: i32,
  part: i32,
  scratch: usize,
): void {
  const width = heads * part;
  const block = queries * length;
  const factor: f32 = 1 / sqrt<f32>(<f32>part);
  let number = 0;
  for (let text = 0; text < texts; text++) {
    for (let head = 0; head < heads; head++) {
      const own = (<usize>(head * part)) << 2;
      const q = query + bytes(text * queries, width) + own;
      const kv = bytes(text * length, width) + own;
      const to = context + bytes(text * queries, width) + own;
      gemm(q, width, 1, key + kv, 1, width, probabilities, length, queries, length, part, 0, false);
      for (let row = 0; row < queries; row++) {
        softmaxRow(probabilities + bytes(row, length), bias + bytes(text, length), length, factor);
      }
      let weights = probabilities;
      if (!isIdle()) {
        weights = scratch;
        multiply(probabilities, fillMask(number * block, block, scratch + bytes(block, 1)), weights, block);
      }
      gemm(weights, length, 1, value + kv, width, 1, to, width, queries, part, length, 0, false);
      probabilities += bytes(block, 1);
      number++;
    }
  }
}

/** The slopes of queries, keys and values, given those of the context. */
export function attentionGradient(
  dContext: usize,
  query: usize,
  key: usize,
  value: usize,
  probabilities: usize,
  dQuery: usize,
  dKey: usize,
  dValue: usize,
  texts: i32,
  heads: i32,
  queries: i32,
  length: i32,
  part: i32,
  scratch: usize,
): void {
  const width = heads * part;
  const block = queries * length;
  const factor: f32 = 1 / sqrt<f32>(<f32>part);
  const slopes = scratch;
  const weightsAt = slopes + bytes(block, 1);
  const maskAt = weightsAt + bytes(block, 1);
  let number = 0;
  for (let text = 0; text < texts; text++) {
    for (let head = 0; head < heads; head++) {
      const own = (<usize>(head * part)) << 2;
      const q = bytes(text * queries, width) + own;
      const kv = bytes(text * length, width) + own;
      gemm(dContext + q, width, 1, value + kv, 1, width, slopes, length, queries, length, part, 0, false);
      let weights = probabilities;
      if (!isIdle()) {
        const mask = fillMask(number * block, block, maskAt);
        weights = weightsAt;
        multiply(probabilities, mask, weights, block);
        multiply(slopes, mask, slopes, block);
      }
      gemm(weights, 1, length, dContext + q, width, 1, dValue + kv, width, length, part, queries, 0, false);
      for (let row = 0; row < queries; row++) {
        softmaxSlopeRow(slopes + bytes(row, length), probabilities + bytes(row, length), length, factor);
      }
      gemm(slopes, length, 1, key + kv, width, 1, dQuery + q, width, queries, part, length, 0, false);
      gemm(slopes, 1, length, query + q, width, 1, dKey + kv, width, length, part, queries, 0, false);
      probabilities += bytes(block, 1);
      number++;
    }
  }
}

function bytes(rows: i32, width: i32): usize {
  return (<usize>rows * <usize>width) << 2;
}

/** The row's scores become probabilities. */
function softmaxRow(row: usize, bias: usize, length: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  let tops = f32x4.splat(-Infinity);
  let at: usize = 0;
  let rest = length;
  for (; rest >= 4; rest -= 4) {
    const score = madd(v128.load(row + at), by, v128.load(bias + at));
    tops = f32x4.max(tops, score);
    v128.store(row + at, score);
    at += 16;
  }
  let top = max<f32>(
    max<f32>(f32x4.extract_lane(tops, 0), f32x4.extract_lane(tops, 1)),
    max<f32>(f32x4.extract_lane(tops, 2), f32x4.extract_lane(tops, 3)),
  );
  for (let left = rest; left > 0; left--) {
    const score = load<f32>(row + at) * factor + load<f32>(bias + at);
    top = max<f32>(top, score);
    store<f32>(row + at, score);
    at += 4;
  }
  const highest = f32x4.splat(top);
  let sums = f32x4.splat(0);
  at = 0;
  for (rest = length; rest >= 4; rest -= 4) {
    const power = exp4(f32x4.sub(v128.load(row + at), highest));
    sums = f32x4.add(sums, power);
    v128.store(row + at, power);
    at += 16;
  }
  let sum = sumOf(sums);
  if (rest > 0) {
    const power = exp4(f32x4.sub(loadSome(row + at, rest), highest));
    storeSome(row + at, power, rest);
    for (let left = 0; left < rest; left++) sum += load<f32>(row + at + ((<usize>left) << 2));
  }
  scaleRow(row, length, 1 / sum);
}

function scaleRow(row: usize, length: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  let rest = length;
  for (; rest >= 4; rest -= 4) {
    v128.store(row, f32x4.mul(v128.load(row), by));
    row += 16;
  }
  if (rest > 0) storeSome(row, f32x4.mul(loadSome(row, rest), by), rest);
}

/** The slopes of the row's probabilities become those of its scores before `factor`. */
function softmaxSlopeRow(slopes: usize, probabilities: usize, length: i32, factor: f32): void {
  let sums = f32x4.splat(0);
  let at: usize = 0;
  let rest = length;
  for (; rest >= 4; rest -= 4) {
    sums = madd(v128.load(slopes + at), v128.load(probabilities + at), sums);
    at += 16;
  }
  if (rest > 0) sums = madd(loadSome(slopes + at, rest), loadSome(probabilities + at, rest), sums);
  const along = f32x4.splat(sumOf(sums));
  const by = f32x4.splat(factor);
  at = 0;
  for (rest = length; rest >= 4; rest -= 4) {
    const off = f32x4.sub(v128.load(slopes + at), along);
    v128.store(slopes + at, f32x4.mul(f32x4.mul(v128.load(probabilities + at), off), by));
    at += 16;
  }
  if (rest > 0) {
    const off = f32x4.sub(loadSome(slopes + at, rest), along);
    storeSome(slopes + at, f32x4.mul(f32x4.mul(loadSome(probabilities + at, rest), off), by), rest);
  }
}
