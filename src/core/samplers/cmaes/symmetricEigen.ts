/** Off-diagonal entries this small against the diagonal are zero. */
const NEGLIGIBLE = 1e-15;
const MAX_SWEEPS = 30;

/**
 * Eigenvalues of the symmetric `matrix` (row-major, size × size), written to `values`; `basis` holds orthonormal columns
 * to start from and receives the eigenvectors. Cyclic Jacobi rotations (Golub, Van Loan: "Matrix computations", §8.5) of
 * basisᵀ·matrix·basis: a start near the answer needs one or two sweeps.
 */
export function symmetricEigen(matrix: Float64Array, size: number, basis: Float64Array, values: Float64Array): void {
  const work = conjugated(matrix, size, basis);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let rotations = 0;
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) if (rotate(work, size, basis, p, q)) rotations++;
    }
    if (rotations === 0) break;
  }
  for (let index = 0; index < size; index++) values[index] = work[index * size + index] as number;
}

/** Makes entry (p, q) zero; says whether it was not already. */
function rotate(work: Float64Array, size: number, basis: Float64Array, p: number, q: number): boolean {
  const pq = work[p * size + q] as number;
  const pp = work[p * size + p] as number;
  const qq = work[q * size + q] as number;
  if (Math.abs(pq) <= NEGLIGIBLE * Math.sqrt(Math.abs(pp * qq))) return false;
  const theta = (qq - pp) / (2 * pq);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let row = 0; row < size; row++) {
    turn(work, row * size + p, row * size + q, cosine, sine);
    turn(basis, row * size + p, row * size + q, cosine, sine);
  }
  for (let column = 0; column < size; column++) turn(work, p * size + column, q * size + column, cosine, sine);
  work[p * size + q] = work[q * size + p] = 0;
  return true;
}

function turn(numbers: Float64Array, first: number, second: number, cosine: number, sine: number): void {
  const a = numbers[first] as number;
  const b = numbers[second] as number;
  numbers[first] = cosine * a - sine * b;
  numbers[second] = sine * a + cosine * b;
}

/** basisᵀ · matrix · basis. */
function conjugated(matrix: Float64Array, size: number, basis: Float64Array): Float64Array {
  const half = new Float64Array(size * size);
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const factor = matrix[row * size + inner] as number;
      if (factor === 0) continue;
      for (let column = 0; column < size; column++) {
        half[row * size + column] =
          (half[row * size + column] as number) + factor * (basis[inner * size + column] as number);
      }
    }
  }
  for (let inner = 0; inner < size; inner++) {
    for (let row = 0; row < size; row++) {
      const factor = basis[inner * size + row] as number;
      if (factor === 0) continue;
      for (let column = 0; column < size; column++) {
        result[row * size + column] =
          (result[row * size + column] as number) + factor * (half[inner * size + column] as number);
      }
    }
  }
  return result;
}
