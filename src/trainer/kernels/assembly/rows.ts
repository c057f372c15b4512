/** Sums over rows. */
import { loadSome, storeSome } from './simd';

/** sum = a + b; it may be one of them. */
export function add(a: usize, b: usize, sum: usize, count: i32): void {
  let rest = count;
  for (; rest >= 4; rest -= 4) {
    v128.store(sum, f32x4.add(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    sum += 16;
  }
  if (rest > 0) storeSome(sum, f32x4.add(loadSome(a, rest), loadSome(b, rest)), rest);
}

/** sums [width] of the columns of x [rows, width]. */
export function columnSums(x: usize, sums: usize, rows: i32, width: i32): void {
  memory.fill(sums, 0, (<usize>width) << 2);
  for (let row = 0; row < rows; row++) add(sums, x + ((<usize>row * <usize>width) << 2), sums, width);
}

/** Adds each row of x [rows, width] to the row of `sums` [segments, width] that its id names; ids outside are left out. */
export function segmentSums(x: usize, ids: usize, sums: usize, rows: i32, width: i32, segments: i32): void {
  memory.fill(sums, 0, (<usize>segments * <usize>width) << 2);
  for (let row = 0; row < rows; row++) {
    const id = load<i32>(ids + ((<usize>row) << 2));
    if (id < 0 || id >= segments) continue;
    const to = sums + ((<usize>id * <usize>width) << 2);
    add(to, x + ((<usize>row * <usize>width) << 2), to, width);
  }
}
