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
    let sum = a[base + column] as number;
    for (let k = 0; k < column; k++) sum -= (a[base + k] as number) * (a[other + k] as number);
    a[base + column] = sum / (a[other + column] as number);
  }
  let pivot = a[base + row] as number;
  for (let k = 0; k < row; k++) {
    const l = a[base + k] as number;
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
  let s0 = a[base + column] as number;
  let s1 = a[base + column + 1] as number;
  let s2 = a[base + column + 2] as number;
  let s3 = a[base + column + 3] as number;
  for (let k = 0; k < column; k++) {
    const l = a[base + k] as number;
    s0 -= l * (a[at0 + k] as number);
    s1 -= l * (a[at1 + k] as number);
    s2 -= l * (a[at2 + k] as number);
    s3 -= l * (a[at3 + k] as number);
  }
  s0 /= a[at0 + column] as number;
  s1 = (s1 - s0 * (a[at1 + column] as number)) / (a[at1 + column + 1] as number);
  s2 = (s2 - s0 * (a[at2 + column] as number) - s1 * (a[at2 + column + 1] as number)) / (a[at2 + column + 2] as number);
  s3 =
    (s3 -
      s0 * (a[at3 + column] as number) -
      s1 * (a[at3 + column + 1] as number) -
      s2 * (a[at3 + column + 2] as number)) /
    (a[at3 + column + 3] as number);
  a[base + column] = s0;
  a[base + column + 1] = s1;
  a[base + column + 2] = s2;
  a[base + column + 3] = s3;
}

/** b ← L⁻¹ b, the first `size` entries. */
export function solveLower(l: Float64Array, size: number, stride: number, b: Float64Array): void {
  for (let row = 0; row < size; row++) {
    const base = row * stride;
    let s0 = b[row] as number;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = 0;
    for (; k + 3 < row; k += 4) {
      s0 -= (l[base + k] as number) * (b[k] as number);
      s1 -= (l[base + k + 1] as number) * (b[k + 1] as number);
      s2 -= (l[base + k + 2] as number) * (b[k + 2] as number);
      s3 -= (l[base + k + 3] as number) * (b[k + 3] as number);
    }
    for (; k < row; k++) s0 -= (l[base + k] as number) * (b[k] as number);
    b[row] = (s0 + s1 + (s2 + s3)) / (l[base + row] as number);
  }
}

/** b ← L⁻¹ b for four right-hand sides that lie interleaved: entry i of side c at 4 i + c. */
export function solveLowerFour(l: Float64Array, size: number, stride: number, b: Float64Array): void {
  for (let row = 0; row < size; row++) {
    const base = row * stride;
    const at = 4 * row;
    let s0 = b[at] as number;
    let s1 = b[at + 1] as number;
    let s2 = b[at + 2] as number;
    let s3 = b[at + 3] as number;
    for (let k = 0, from = 0; k < row; k++, from += 4) {
      const value = l[base + k] as number;
      s0 -= value * (b[from] as number);
      s1 -= value * (b[from + 1] as number);
      s2 -= value * (b[from + 2] as number);
      s3 -= value * (b[from + 3] as number);
    }
    const inverse = 1 / (l[base + row] as number);
    b[at] = s0 * inverse;
    b[at + 1] = s1 * inverse;
    b[at + 2] = s2 * inverse;
    b[at + 3] = s3 * inverse;
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
    const x3 = (b[row] as number) / (l[base3 + row] as number);
    const x2 = ((b[row - 1] as number) - x3 * (l[base3 + row - 1] as number)) / (l[base2 + row - 1] as number);
    const x1 =
      ((b[row - 2] as number) - x3 * (l[base3 + row - 2] as number) - x2 * (l[base2 + row - 2] as number)) /
      (l[base1 + row - 2] as number);
    const x0 =
      ((b[first] as number) -
        x3 * (l[base3 + first] as number) -
        x2 * (l[base2 + first] as number) -
        x1 * (l[base1 + first] as number)) /
      (l[base0 + first] as number);
    b[row] = x3;
    b[row - 1] = x2;
    b[row - 2] = x1;
    b[first] = x0;
    for (let k = 0; k < first; k++) {
      b[k] =
        (b[k] as number) -
        (x0 * (l[base0 + k] as number) +
          x1 * (l[base1 + k] as number) +
          (x2 * (l[base2 + k] as number) + x3 * (l[base3 + k] as number)));
    }
  }
  for (; row >= 0; row--) {
    const base = row * stride;
    const x = (b[row] as number) / (l[base + row] as number);
    b[row] = x;
    for (let k = 0; k < row; k++) b[k] = (b[k] as number) - x * (l[base + k] as number);
  }
}

/** log det A = 2 Σ log Lᵢᵢ. */
export function logDeterminant(l: Float64Array, size: number, stride: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++) sum += Math.log(l[row * stride + row] as number);
  return 2 * sum;
}

/**
 * The lower triangle of A⁻¹ = L⁻ᵀ L⁻¹ into `inverse`; `work` takes L⁻¹. Both of L's stride, both overwritten. About n³/3
 * multiplications.
 */
export function inverseOf(
  l: Float64Array,
  size: number,
  stride: number,
  work: Float64Array,
  inverse: Float64Array,
): void {
  for (let row = 0; row < size; row++) invertRow(l, row, stride, work);
  for (let row = 0; row < size; row++) inverse.fill(0, row * stride, row * stride + row + 1);
  let k = 0;
  for (; k + 1 < size; k += 2) addTwoOuter(work, k, stride, inverse);
  if (k < size) addOuter(work, k, stride, inverse);
}

/** Row `row` of L⁻¹ from the rows above it. */
function invertRow(l: Float64Array, row: number, stride: number, work: Float64Array): void {
  const base = row * stride;
  const scale = 1 / (l[base + row] as number);
  work.fill(0, base, base + row);
  let k = 0;
  for (; k + 1 < row; k += 2) {
    const from0 = k * stride;
    const from1 = from0 + stride;
    const l0 = (l[base + k] as number) * scale;
    const l1 = (l[base + k + 1] as number) * scale;
    for (let j = 0; j <= k; j++) {
      work[base + j] =
        (work[base + j] as number) - (l0 * (work[from0 + j] as number) + l1 * (work[from1 + j] as number));
    }
    work[base + k + 1] = (work[base + k + 1] as number) - l1 * (work[from1 + k + 1] as number);
  }
  if (k < row) {
    const from = k * stride;
    const factor = (l[base + k] as number) * scale;
    for (let j = 0; j <= k; j++) work[base + j] = (work[base + j] as number) - factor * (work[from + j] as number);
  }
  work[base + row] = scale;
}

/** inverse += m mᵀ for row k of L⁻¹. */
function addOuter(work: Float64Array, k: number, stride: number, inverse: Float64Array): void {
  const base = k * stride;
  for (let i = 0; i <= k; i++) {
    const m = work[base + i] as number;
    const to = i * stride;
    for (let j = 0; j <= i; j++) inverse[to + j] = (inverse[to + j] as number) + m * (work[base + j] as number);
  }
}

/** The same for rows k and k + 1 in one pass. */
function addTwoOuter(work: Float64Array, k: number, stride: number, inverse: Float64Array): void {
  const base0 = k * stride;
  const base1 = base0 + stride;
  for (let i = 0; i <= k; i++) {
    const m0 = work[base0 + i] as number;
    const m1 = work[base1 + i] as number;
    const to = i * stride;
    for (let j = 0; j <= i; j++) {
      inverse[to + j] =
        (inverse[to + j] as number) + (m0 * (work[base0 + j] as number) + m1 * (work[base1 + j] as number));
    }
  }
  const m = work[base1 + k + 1] as number;
  const to = (k + 1) * stride;
  for (let j = 0; j <= k + 1; j++) inverse[to + j] = (inverse[to + j] as number) + m * (work[base1 + j] as number);
}
