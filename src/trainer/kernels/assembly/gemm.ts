/**
 * Products of matrices: blocks of both factors are packed so that the innermost loop reads them in order and keeps
 * 6 × 8 sums in registers (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).
 *
 * Pointers are bytes; sizes and strides are elements of four bytes.
 */
import { madd } from './simd';

const ROWS: i32 = 6;
const COLUMNS: i32 = 8;
/** Rows of the left factor packed at a time: a block of BLOCK_ROWS × BLOCK_DEPTH stays in the second-level cache. */
const BLOCK_ROWS: i32 = 96;
const BLOCK_DEPTH: i32 = 384;
const BLOCK_COLUMNS: i32 = 1024;

const LEFT_BYTES: i32 = BLOCK_ROWS * BLOCK_DEPTH * 4;
const RIGHT_BYTES: i32 = BLOCK_COLUMNS * BLOCK_DEPTH * 4;
const TILE_BYTES: i32 = ROWS * COLUMNS * 4;

/** Where the packed blocks and one tile lie. */
let left: usize = 0;
let right: usize = 0;
let tile: usize = 0;

export function gemmWorkspaceBytes(): i32 {
  return LEFT_BYTES + RIGHT_BYTES + TILE_BYTES;
}

export function setGemmWorkspace(at: usize): void {
  left = at;
  right = at + LEFT_BYTES;
  tile = right + RIGHT_BYTES;
}

/**
 * c [m, n] = a [m, k] · b [k, n], plus the row `bias` [n] unless it is 0, plus c itself if `adds`. Of a and of b one
 * stride is 1; rows of c lie `cRow` apart.
 */
export function gemm(
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  c: usize,
  cRow: i32,
  m: i32,
  n: i32,
  k: i32,
  bias: usize,
  adds: bool,
): void {
  for (let column = 0; column < n; column += BLOCK_COLUMNS) {
    const columns = min(BLOCK_COLUMNS, n - column);
    for (let inner = 0; inner < k; inner += BLOCK_DEPTH) {
      const depth = min(BLOCK_DEPTH, k - inner);
      const isFirst = inner === 0;
      packRight(b + at(inner, bRow) + at(column, bColumn), bRow, bColumn, depth, columns);
      for (let row = 0; row < m; row += BLOCK_ROWS) {
        const rows = min(BLOCK_ROWS, m - row);
        packLeft(a + at(row, aRow) + at(inner, aColumn), aRow, aColumn, rows, depth);
        multiplyBlocks(
          c + at(row, cRow) + at(column, 1),
          cRow,
          rows,
          columns,
          depth,
          isFirst && bias !== 0 ? bias + at(column, 1) : 0,
          adds || !isFirst,
        );
      }
    }
  }
}

/** Bytes of `index` steps of `stride` elements. */
function at(index: i32, stride: i32): usize {
  return (<usize>index * <usize>stride) << 2;
}

function multiplyBlocks(c: usize, cRow: i32, rows: i32, columns: i32, depth: i32, bias: usize, adds: bool): void {
  const leftPanel = (<usize>(depth * ROWS)) << 2;
  const rightPanel = (<usize>(depth * COLUMNS)) << 2;
  let b = right;
  for (let column = 0; column < columns; column += COLUMNS) {
    let a = left;
    const wide = min(COLUMNS, columns - column);
    for (let row = 0; row < rows; row += ROWS) {
      const high = min(ROWS, rows - row);
      const to = c + at(row, cRow) + at(column, 1);
      const added = bias === 0 ? <usize>0 : bias + at(column, 1);
      if (high === ROWS && wide === COLUMNS) {
        multiplyPanels(a, b, to, cRow, depth, added, adds);
      } else {
        multiplyPanels(a, b, tile, COLUMNS, depth, 0, false);
        copyTile(to, cRow, high, wide, added, adds);
      }
      a += leftPanel;
    }
    b += rightPanel;
  }
}

/** The corner of the tile that lies inside the result. */
function copyTile(c: usize, cRow: i32, rows: i32, columns: i32, bias: usize, adds: bool): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const to = c + at(row, cRow) + at(column, 1);
      let value = load<f32>(tile + at(row, COLUMNS) + at(column, 1));
      if (adds) value += load<f32>(to);
      if (bias !== 0) value += load<f32>(bias + at(column, 1));
      store<f32>(to, value);
    }
  }
}

/** Panels of ROWS rows, in each the elements of one column after another; missing rows are 0. */
function packLeft(a: usize, aRow: i32, aColumn: i32, rows: i32, depth: i32): void {
  let to = left;
  for (let row = 0; row < rows; row += ROWS) {
    const from = a + at(row, aRow);
    if (rows - row < ROWS) packSlow(from, aRow, aColumn, rows - row, depth, to, ROWS);
    else if (aColumn === 1) packLeftRows(from, at(1, aRow), depth, to);
    else packLeftColumns(from, at(1, aColumn), depth, to);
    to += (<usize>(depth * ROWS)) << 2;
  }
}

/** Six rows that lie `stride` bytes apart, turned. */
function packLeftRows(from: usize, stride: usize, depth: i32, to: usize): void {
  let done = 0;
  for (; done + 4 <= depth; done += 4) {
    turn(from, stride, to, 24);
    const fifth = v128.load(from + 4 * stride);
    const sixth = v128.load(from + 5 * stride);
    const low = v128.shuffle<f32>(fifth, sixth, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(fifth, sixth, 2, 6, 3, 7);
    v128.store_lane<u64>(to, low, 0, 16);
    v128.store_lane<u64>(to, low, 1, 40);
    v128.store_lane<u64>(to, high, 0, 64);
    v128.store_lane<u64>(to, high, 1, 88);
    from += 16;
    to += 96;
  }
  for (; done < depth; done++) {
    for (let row: usize = 0; row < 6; row++) store<f32>(to + (row << 2), load<f32>(from + row * stride));
    from += 4;
    to += 24;
  }
}

/** Six elements after another in each of the columns, which lie `stride` bytes apart. */
function packLeftColumns(from: usize, stride: usize, depth: i32, to: usize): void {
  for (let done = 0; done < depth; done++) {
    v128.store(to, v128.load(from));
    store<u64>(to, load<u64>(from, 16), 16);
    from += stride;
    to += 24;
  }
}

/** Panels of COLUMNS columns, in each the elements of one row after another; missing columns are 0. */
function packRight(b: usize, bRow: i32, bColumn: i32, depth: i32, columns: i32): void {
  let to = right;
  for (let column = 0; column < columns; column += COLUMNS) {
    const from = b + at(column, bColumn);
    if (columns - column < COLUMNS) packSlow(from, bColumn, bRow, columns - column, depth, to, COLUMNS);
    else if (bColumn === 1) packRightRows(from, at(1, bRow), depth, to);
    else packRightColumns(from, at(1, bColumn), depth, to);
    to += (<usize>(depth * COLUMNS)) << 2;
  }
}

function packRightRows(from: usize, stride: usize, depth: i32, to: usize): void {
  for (let done = 0; done < depth; done++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += stride;
    to += 32;
  }
}

function packRightColumns(from: usize, stride: usize, depth: i32, to: usize): void {
  let done = 0;
  for (; done + 4 <= depth; done += 4) {
    turn(from, stride, to, 32);
    turn(from + 4 * stride, stride, to + 16, 32);
    from += 16;
    to += 128;
  }
  for (; done < depth; done++) {
    for (let column: usize = 0; column < 8; column++) store<f32>(to + (column << 2), load<f32>(from + column * stride));
    from += 4;
    to += 32;
  }
}

/** Turns the 4 × 4 at `from`; strides in bytes. */
function turn(from: usize, stride: usize, to: usize, toStride: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + stride);
  const c = v128.load(from + 2 * stride);
  const d = v128.load(from + 3 * stride);
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7));
  v128.store(to + 2 * toStride, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * toStride, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** Any `count` lines of `depth` elements into a panel of `size` lines, the rest 0. */
function packSlow(from: usize, line: i32, along: i32, count: i32, depth: i32, to: usize, size: i32): void {
  for (let done = 0; done < depth; done++) {
    for (let one = 0; one < size; one++) {
      store<f32>(to, one < count ? load<f32>(from + at(one, line) + at(done, along)) : 0);
      to += 4;
    }
  }
}

/** One tile of the result, from a panel of each factor. */
function multiplyPanels(a: usize, b: usize, c: usize, cRow: i32, depth: i32, bias: usize, adds: bool): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  let s40 = s00;
  let s41 = s00;
  let s50 = s00;
  let s51 = s00;
  for (const end = a + <usize>depth * 24; a < end; a += 24) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let one = v128.load_splat<f32>(a);
    s00 = madd(one, b0, s00);
    s01 = madd(one, b1, s01);
    one = v128.load_splat<f32>(a, 4);
    s10 = madd(one, b0, s10);
    s11 = madd(one, b1, s11);
    one = v128.load_splat<f32>(a, 8);
    s20 = madd(one, b0, s20);
    s21 = madd(one, b1, s21);
    one = v128.load_splat<f32>(a, 12);
    s30 = madd(one, b0, s30);
    s31 = madd(one, b1, s31);
    one = v128.load_splat<f32>(a, 16);
    s40 = madd(one, b0, s40);
    s41 = madd(one, b1, s41);
    one = v128.load_splat<f32>(a, 20);
    s50 = madd(one, b0, s50);
    s51 = madd(one, b1, s51);
    b += 32;
  }
  const step = at(1, cRow);
  finish(c, s00, s01, bias, adds);
  finish(c + step, s10, s11, bias, adds);
  finish(c + 2 * step, s20, s21, bias, adds);
  finish(c + 3 * step, s30, s31, bias, adds);
  finish(c + 4 * step, s40, s41, bias, adds);
  finish(c + 5 * step, s50, s51, bias, adds);
}

function finish(c: usize, low: v128, high: v128, bias: usize, adds: bool): void {
  if (bias !== 0) {
    low = f32x4.add(low, v128.load(bias));
    high = f32x4.add(high, v128.load(bias, 16));
  }
  if (adds) {
    low = f32x4.add(low, v128.load(c));
    high = f32x4.add(high, v128.load(c, 16));
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}
