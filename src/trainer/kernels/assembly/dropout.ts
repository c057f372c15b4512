/**
 * The masks of core/random.ts's Threefry-2×32 with 20 rounds (Salmon, Moraes, Dror, Shaw, SC 2011) that
 * ops/dropout.ts describes, sixteen factors at a time: a mask is made anew wherever it is needed and never kept.
 */
import { loadSome, storeSome } from './simd';

const PARITY: i32 = 0x1bd11bda;

/** Key and place of the mask in hand, the number below which 16 bits drop, the factor of what is kept. */
let key0: i32 = 0;
let key1: i32 = 0;
let place: i32 = 0;
let limit: i32 = 0;
let kept: f32 = 1;

export function setMask(seed: i32, step: i32, ofPlace: i32, ofLimit: i32, factor: f32): void {
  key0 = seed;
  key1 = step;
  place = ofPlace;
  limit = ofLimit;
  kept = factor;
}

/** Where the mask in hand drops nothing. */
export function isIdle(): bool {
  return limit === 0;
}

function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/** The factors of sixteen elements from number `start` on, a multiple of 4, at `to`. */
function sixteen(start: i32, to: usize): void {
  const k0 = i32x4.splat(key0);
  const k1 = i32x4.splat(key1);
  const k2 = i32x4.splat(PARITY ^ key0 ^ key1);
  let a = i32x4.add(i32x4.add(i32x4.splat(start), i32x4(0, 4, 8, 12)), k0);
  let b = i32x4.add(i32x4.splat(place), k1);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 13), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 15), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 26), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 6), a);
  a = i32x4.add(a, k1);
  b = i32x4.add(b, i32x4.add(k2, i32x4.splat(1)));
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 17), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 29), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 16), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 24), a);
  a = i32x4.add(a, k2);
  b = i32x4.add(b, i32x4.add(k0, i32x4.splat(2)));
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 13), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 15), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 26), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 6), a);
  a = i32x4.add(a, k0);
  b = i32x4.add(b, i32x4.add(k1, i32x4.splat(3)));
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 17), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 29), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 16), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 24), a);
  a = i32x4.add(a, k1);
  b = i32x4.add(b, i32x4.add(k2, i32x4.splat(4)));
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 13), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 15), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 26), a);
  a = i32x4.add(a, b);
  b = v128.xor(rotate(b, 6), a);
  a = i32x4.add(a, k2);
  b = i32x4.add(b, i32x4.add(k0, i32x4.splat(5)));
  const low = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  v128.store(to, factors(i32x4.extend_low_i16x8_u(low)));
  v128.store(to, factors(i32x4.extend_high_i16x8_u(low)), 16);
  v128.store(to, factors(i32x4.extend_low_i16x8_u(high)), 32);
  v128.store(to, factors(i32x4.extend_high_i16x8_u(high)), 48);
}

function factors(bits: v128): v128 {
  return v128.and(i32x4.ge_s(bits, i32x4.splat(limit)), f32x4.splat(kept));
}

/**
 * Writes the factors of the elements from number `start` on to scratch memory, which needs room for `count` + 32, and
 * returns where that of `start` lies.
 */
export function fillMask(start: i32, count: i32, scratch: usize): usize {
  const before = start & 3;
  const total = count + before;
  for (let done = 0; done < total; done += 16) {
    sixteen(start - before + done, scratch + ((<usize>done) << 2));
  }
  return scratch + ((<usize>before) << 2);
}

const CHUNK: i32 = 1024;

/** Bytes of scratch memory for `drop`. */
export function dropScratchBytes(): i32 {
  return (CHUNK + 32) * 4;
}

/** y = x · mask; the elements are the mask's from its number 0 on. */
export function drop(x: usize, y: usize, count: i32, scratch: usize): void {
  for (let start = 0; start < count; start += CHUNK) {
    const some = min(CHUNK, count - start);
    multiply(x + ((<usize>start) << 2), fillMask(start, some, scratch), y + ((<usize>start) << 2), some);
  }
}

/** y = x · factors. */
export function multiply(x: usize, factors: usize, y: usize, count: i32): void {
  let rest = count;
  for (; rest >= 4; rest -= 4) {
    v128.store(y, f32x4.mul(v128.load(x), v128.load(factors)));
    x += 16;
    factors += 16;
    y += 16;
  }
  if (rest > 0) storeSome(y, f32x4.mul(loadSome(x, rest), loadSome(factors, rest)), rest);
}
