/**
 * Cholesky factors that grow row by row: L Lᵀ = A, L lower triangular, row-major with a stride. A row is computed from the
 * rows above it alone and always in the same order of operations, so that a factor that grew and one that was computed at
 * once agree to the last bit.
 */

/**
 * Overwrites row `row` of the lower triangle of A with that of L; the rows above it hold L already. Returns false, the row
 * half done, when the pivot is not above `floor` (A is not positive definite to working precision).
 */
export function choleskyRow(a: Float64Array, row: number, stride: number, floor = 0): boolean {
  const base = row * stride;
  let column = 0;
  for (; column + 3 < row; column += 4) fourColumns(a, base, column, stride);
  for (; column < row; column++) {
    const other = column * stride;
    let sum = a[base + column];
    for (let k = 0; k < column; k++) sum -= a[base + k] * a[other + k];
    a[base + column] = sum / a[other + column];
  }
  let pivot = a[base + row];
  for (let k = 0; k < row; k++) {
    const l = a[base + k];
    pivot -= l * l;
  }
  if (!(pivot > floor)) return false;
  a[base + row] = Math.sqrt(pivot);
  return true;
}

/** Four columns of a row at once: four independent sums keep the processor busy. */
function fourColumns(a: Float64Array, base: number, column: number, stride: number): void {
  const at0 = column * stride;
  const at1 = at0 + stride;
  const at2 = at1 + stride;
  const at3 = at2 + stride;
  let s0 = a[base + column];
  let s1 = a[base + column + 1];
  let s2 = a[base + column + 2];
  let s3 = a[base + column + 3];
  for (let k = 0; k < column; k++) {
    const l = a[base + k];
    s0 -= l * a[at0 + k];
    s1 -= l * a[at1 + k];
    s2 -= l * a[at2 + k];
    s3 -= l * a[at3 + k];
  }
  s0 /= a[at0 + column];
  s1 = (s1 - s0 * a[at1 + column]) / a[at1 + column + 1];
  s2 = (s2 - s0 * a[at2 + column] - s1 * a[at2 + column + 1]) / a[at2 + column + 2];
  s3 = (s3 - s0 * a[at3 + column] - s1 * a[at3 + column + 1] - s2 * a[at3 + column + 2]) / a[at3 + column + 3];
  a[base + column] = s0;
  a[base + column + 1] = s1;
  a[base + column + 2] = s2;
  a[base + column + 3] = s3;
}

/** b ← L⁻¹ b, the first `size` entries. */
export function solveLower(l: Float64Array, size: number, stride: number, b: Float64Array): void {
  for (let row = 0; row < size; row++) {
    const base = row * stride;
    let s0 = b[row];
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = 0;
    for (; k + 3 < row; k += 4) {
      s0 -= l[base + k] * b[k];
      s1 -= l[base + k + 1] * b[k + 1];
      s2 -= l[base + k + 2] * b[k + 2];
      s3 -= l[base + k + 3] * b[k + 3];
    }
    for (; k < row; k++) s0 -= l[base + k] * b[k];
    b[row] = (s0 + s1 + (s2 + s3)) / l[base + row];
  }
}

/** b ← L⁻¹ b for four right-hand sides that lie interleaved: entry i of side c at 4 i + c. Two rows at a time share what they load. */
export function solveLowerFour(l: Float64Array, size: number, stride: number, b: Float64Array): void {
  let row = 0;
  for (; row + 1 < size; row += 2) {
    const base = row * stride;
    const next = base + stride;
    const at = 4 * row;
    let s0 = b[at];
    let s1 = b[at + 1];
    let s2 = b[at + 2];
    let s3 = b[at + 3];
    let t0 = b[at + 4];
    let t1 = b[at + 5];
    let t2 = b[at + 6];
    let t3 = b[at + 7];
    for (let k = 0, from = 0; k < row; k++, from += 4) {
      const one = l[base + k];
      const two = l[next + k];
      const b0 = b[from];
      const b1 = b[from + 1];
      const b2 = b[from + 2];
      const b3 = b[from + 3];
      s0 -= one * b0;
      s1 -= one * b1;
      s2 -= one * b2;
      s3 -= one * b3;
      t0 -= two * b0;
      t1 -= two * b1;
      t2 -= two * b2;
      t3 -= two * b3;
    }
    const inverse = 1 / l[base + row];
    const across = l[next + row];
    const following = 1 / l[next + row + 1];
    s0 *= inverse;
    s1 *= inverse;
    s2 *= inverse;
    s3 *= inverse;
    b[at] = s0;
    b[at + 1] = s1;
    b[at + 2] = s2;
    b[at + 3] = s3;
    b[at + 4] = (t0 - across * s0) * following;
    b[at + 5] = (t1 - across * s1) * following;
    b[at + 6] = (t2 - across * s2) * following;
    b[at + 7] = (t3 - across * s3) * following;
  }
  if (row < size) lastOfFour(l, row, stride, b);
}

function lastOfFour(l: Float64Array, row: number, stride: number, b: Float64Array): void {
  const inverse = 1 / l[row * stride + row];
  for (let side = 4 * row; side < 4 * row + 4; side++) {
    let sum = b[side];
    for (let k = 0, from = side & 3; k < row; k++, from += 4) {
      sum -= l[row * stride + k] * b[from];
    }
    b[side] = sum * inverse;
  }
}

/** b ← L⁻ᵀ b, the first `size` entries. */
export function solveUpper(l: Float64Array, size: number, stride: number, b: Float64Array): void {
  let row = size - 1;
  for (; row >= 3; row -= 4) {
    const base3 = row * stride;
    const base2 = base3 - stride;
    const base1 = base2 - stride;
    const base0 = base1 - stride;
    const first = row - 3;
    const x3 = b[row] / l[base3 + row];
    const x2 = (b[row - 1] - x3 * l[base3 + row - 1]) / l[base2 + row - 1];
    const x1 = (b[row - 2] - x3 * l[base3 + row - 2] - x2 * l[base2 + row - 2]) / l[base1 + row - 2];
    const x0 = (b[first] - x3 * l[base3 + first] - x2 * l[base2 + first] - x1 * l[base1 + first]) / l[base0 + first];
    b[row] = x3;
    b[row - 1] = x2;
    b[row - 2] = x1;
    b[first] = x0;
    for (let k = 0; k < first; k++) {
      b[k] = b[k] - (x0 * l[base0 + k] + x1 * l[base1 + k] + (x2 * l[base2 + k] + x3 * l[base3 + k]));
    }
  }
  for (; row >= 0; row--) {
    const base = row * stride;
    const x = b[row] / l[base + row];
    b[row] = x;
    for (let k = 0; k < row; k++) b[k] = b[k] - x * l[base + k];
  }
}

/** log det A = 2 Σ log Lᵢᵢ. */
export function logDeterminant(l: Float64Array, size: number, stride: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++) sum += Math.log(l[row * stride + row]);
  return 2 * sum;
}

/**
 * The lower triangle of A⁻¹ = L⁻ᵀ L⁻¹ into `inverse`; `work` takes L⁻ᵀ (its upper triangle). Both of L's stride, both
 * overwritten. About n³/3 multiplications.
 */
export function inverseOf(
  l: Float64Array,
  size: number,
  stride: number,
  work: Float64Array,
  inverse: Float64Array,
): void {
  let column = 0;
  for (; column + 3 < size; column += 4) fourInverseColumns(l, column, size, stride, work);
  for (; column < size; column++) inverseColumn(l, column, size, stride, work);
  for (let row = 0; row < size; row++) {
    let other = 0;
    for (; other + 3 <= row; other += 4) fourProducts(work, row, other, size, stride, inverse);
    for (; other <= row; other++) oneProduct(work, row, other, size, stride, inverse);
  }
}

/** Column `column` of L⁻¹ from its diagonal on, as a row of `work`. */
function inverseColumn(l: Float64Array, column: number, size: number, stride: number, work: Float64Array): void {
  const to = column * stride;
  for (let row = column; row < size; row++) {
    let sum = row === column ? 1 : 0;
    for (let k = column; k < row; k++) sum -= l[row * stride + k] * work[to + k];
    work[to + row] = sum / l[row * stride + row];
  }
}

/** Four columns at once from `column` on. */
function fourInverseColumns(l: Float64Array, column: number, size: number, stride: number, work: Float64Array): void {
  const to0 = column * stride;
  const to1 = to0 + stride;
  const to2 = to1 + stride;
  const to3 = to2 + stride;
  for (let row = column; row < size; row++) {
    const base = row * stride;
    let s0 = row === column ? 1 : 0;
    let s1 = row === column + 1 ? 1 : 0;
    let s2 = row === column + 2 ? 1 : 0;
    let s3 = row === column + 3 ? 1 : 0;
    for (let k = column; k < row; k++) {
      const value = l[base + k];
      s0 -= value * work[to0 + k];
      s1 -= value * work[to1 + k];
      s2 -= value * work[to2 + k];
      s3 -= value * work[to3 + k];
    }
    const scale = 1 / l[base + row];
    work[to0 + row] = s0 * scale;
    work[to1 + row] = s1 * scale;
    work[to2 + row] = s2 * scale;
    work[to3 + row] = s3 * scale;
  }
}

/** Entry (row, other) of the inverse; other ≤ row. */
function oneProduct(
  work: Float64Array,
  row: number,
  other: number,
  size: number,
  stride: number,
  inverse: Float64Array,
): void {
  let sum = 0;
  for (let k = row; k < size; k++) {
    sum += work[row * stride + k] * work[other * stride + k];
  }
  inverse[row * stride + other] = sum;
}

/** Entries (row, other) to (row, other + 3) of the inverse; other + 3 ≤ row. */
function fourProducts(
  work: Float64Array,
  row: number,
  other: number,
  size: number,
  stride: number,
  inverse: Float64Array,
): void {
  const base = row * stride;
  const at0 = other * stride;
  const at1 = at0 + stride;
  const at2 = at1 + stride;
  const at3 = at2 + stride;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let k = row; k < size; k++) {
    const value = work[base + k];
    s0 += value * work[at0 + k];
    s1 += value * work[at1 + k];
    s2 += value * work[at2 + k];
    s3 += value * work[at3 + k];
  }
  inverse[base + other] = s0;
  inverse[base + other + 1] = s1;
  inverse[base + other + 2] = s2;
  inverse[base + other + 3] = s3;
}
