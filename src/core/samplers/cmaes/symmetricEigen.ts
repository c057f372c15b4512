/** Steps an eigenvalue may take; two are usual. */
const MOST_STEPS = 60;
/** Entries below this, against a largest of 1, are zero: nothing is as exact. */
const SMALLEST = 1e-60;

/**
 * Eigenvalues of the symmetric `matrix` (row-major, size × size), written to `values`, and its orthonormal eigenvectors,
 * written to `basis` as columns. Householder tridiagonalisation, then QR steps with Wilkinson's shift (Golub, Van Loan:
 * "Matrix computations", §8.3). Errors are those of rounding against the largest eigenvalue.
 */
export function symmetricEigen(matrix: Float64Array, size: number, basis: Float64Array, values: Float64Array): void {
  const beside = new Float64Array(size);
  const scale = largestOf(matrix) || 1;
  const work = matrix.map((entry) => entry / scale);
  const vectors = tridiagonalised(work, size, values, beside);
  diagonalise(values, beside, size, vectors);
  for (let index = 0; index < size; index++) values[index] = values[index] * scale;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      basis[row * size + column] = vectors[column * size + row];
    }
  }
}

function largestOf(matrix: Float64Array): number {
  let largest = 0;
  for (const entry of matrix) largest = Math.max(largest, Math.abs(entry));
  return largest;
}

/**
 * Writes the diagonal of an orthogonally similar tridiagonal matrix, and what stands beside it; returns the rows of the
 * transformation. `work` is used up.
 */
function tridiagonalised(work: Float64Array, size: number, diagonal: Float64Array, beside: Float64Array): Float64Array {
  const vectors = new Float64Array(size * size);
  for (let index = 0; index < size; index++) vectors[index * (size + 1)] = 1;
  const mirror = new Float64Array(size);
  const image = new Float64Array(size);
  for (let column = 0; column < size - 1; column++) {
    const first = column + 1;
    beside[column] = mirrorOf(work, size, column, mirror);
    const factor = reflected(work, size, first, mirror, image);
    if (factor > 0) mirrorRows(vectors, size, first, mirror, factor);
  }
  for (let index = 0; index < size; index++) diagonal[index] = work[index * (size + 1)];
  return vectors;
}

/** The vector whose reflection leaves only the first entry below the diagonal of a column; returns that entry. */
function mirrorOf(work: Float64Array, size: number, column: number, mirror: Float64Array): number {
  let squares = 0;
  for (let row = column + 1; row < size; row++) {
    const entry = work[row * size + column];
    mirror[row] = entry;
    if (row > column + 1) squares += entry * entry;
  }
  const first = mirror[column + 1];
  // Nothing to reflect.
  if (squares < SMALLEST * SMALLEST) {
    mirror.fill(0);
    return first;
  }
  const left = (first > 0 ? -1 : 1) * Math.sqrt(first * first + squares);
  mirror[column + 1] = first - left;
  return left;
}

/** Reflects rows and columns from `first` on; returns 2 / ‖mirror‖², 0 where there is nothing to do. */
function reflected(work: Float64Array, size: number, first: number, mirror: Float64Array, image: Float64Array): number {
  let squares = 0;
  for (let row = first; row < size; row++) squares += mirror[row] * mirror[row];
  if (!(squares > 0)) return 0;
  const factor = 2 / squares;
  let overlap = 0;
  for (let row = first; row < size; row++) {
    let sum = 0;
    for (let column = first; column < size; column++) sum += work[row * size + column] * mirror[column];
    image[row] = factor * sum;
    overlap += mirror[row] * factor * sum;
  }
  for (let row = first; row < size; row++) image[row] = image[row] - (factor / 2) * overlap * mirror[row];
  for (let row = first; row < size; row++) {
    const [own, other] = [mirror[row], image[row]];
    for (let column = first; column < size; column++) {
      const change = own * image[column] + other * mirror[column];
      work[row * size + column] = work[row * size + column] - change;
    }
  }
  return factor;
}

function mirrorRows(rows: Float64Array, size: number, first: number, mirror: Float64Array, factor: number): void {
  const sums = new Float64Array(size);
  for (let row = first; row < size; row++) {
    const weight = mirror[row];
    for (let column = 0; column < size; column++) {
      sums[column] = sums[column] + weight * rows[row * size + column];
    }
  }
  for (let row = first; row < size; row++) {
    const weight = factor * mirror[row];
    for (let column = 0; column < size; column++) {
      rows[row * size + column] = rows[row * size + column] - weight * sums[column];
    }
  }
}

function diagonalise(diagonal: Float64Array, beside: Float64Array, size: number, vectors: Float64Array): void {
  let last = size - 1;
  for (let steps = 0; last > 0 && steps < MOST_STEPS * size; steps++) {
    while (last > 0 && isNegligible(diagonal, beside, last - 1)) last--;
    if (last === 0) return;
    let first = last - 1;
    while (first > 0 && !isNegligible(diagonal, beside, first - 1)) first--;
    qrStep(diagonal, beside, first, last, size, vectors);
  }
}

function isNegligible(diagonal: Float64Array, beside: Float64Array, index: number): boolean {
  const around = Math.abs(diagonal[index]) + Math.abs(diagonal[index + 1]);
  return Math.abs(beside[index]) <= Math.max(Number.EPSILON * around, SMALLEST);
}

/** Chases the bulge of one implicit QR step from `first` to `last`. */
function qrStep(
  diagonal: Float64Array,
  beside: Float64Array,
  first: number,
  last: number,
  size: number,
  vectors: Float64Array,
): void {
  let x = diagonal[first] - shiftOf(diagonal, beside, last);
  let z = beside[first];
  for (let index = first; index < last; index++) {
    const length = Math.sqrt(x * x + z * z);
    const cosine = length > 0 ? x / length : 1;
    const sine = length > 0 ? z / length : 0;
    if (index > first) beside[index - 1] = length;
    const [upper, lower, side] = [diagonal[index], diagonal[index + 1], beside[index]];
    const twice = 2 * cosine * sine * side;
    diagonal[index] = cosine * cosine * upper + twice + sine * sine * lower;
    diagonal[index + 1] = sine * sine * upper - twice + cosine * cosine * lower;
    beside[index] = cosine * sine * (lower - upper) + (cosine * cosine - sine * sine) * side;
    if (index + 1 < last) {
      x = beside[index];
      z = sine * beside[index + 1];
      beside[index + 1] = cosine * beside[index + 1];
    }
    turnRows(vectors, size, index, cosine, sine);
  }
}

/** The eigenvalue of the last two by two block that is nearer to its last entry. */
function shiftOf(diagonal: Float64Array, beside: Float64Array, last: number): number {
  const end = diagonal[last];
  const side = beside[last - 1];
  const half = (diagonal[last - 1] - end) / 2;
  const distance = half + (half < 0 ? -1 : 1) * Math.sqrt(half * half + side * side);
  return distance === 0 ? end : end - (side * side) / distance;
}

function turnRows(rows: Float64Array, size: number, upper: number, cosine: number, sine: number): void {
  const start = upper * size;
  for (let place = start; place < start + size; place++) {
    const a = rows[place];
    const b = rows[place + size];
    rows[place] = cosine * a + sine * b;
    rows[place + size] = cosine * b - sine * a;
  }
}
