/** Formulas: Surjanovic and Bingham, Virtual Library of Simulation Experiments. */

export type Formula = (x: ArrayLike<number>) => number;

export function branin(x: ArrayLike<number>): number {
  const [first, second] = [x[0] as number, x[1] as number];
  const bend = second - (5.1 / (4 * Math.PI ** 2)) * first ** 2 + (5 / Math.PI) * first - 6;
  return bend ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(first) + 10;
}

const HARTMANN_WEIGHTS = [1, 1.2, 3, 3.2];
const HARTMANN_WIDTHS = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const HARTMANN_CENTRES = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

export function hartmann6(x: ArrayLike<number>): number {
  let total = 0;
  for (const [hill, weight] of HARTMANN_WEIGHTS.entries()) {
    const widths = HARTMANN_WIDTHS[hill] as number[];
    const centres = HARTMANN_CENTRES[hill] as number[];
    let distance = 0;
    for (const [axis, width] of widths.entries())
      distance += width * ((x[axis] as number) - (centres[axis] as number)) ** 2;
    total -= weight * Math.exp(-distance);
  }
  return total;
}

export function rosenbrock(x: ArrayLike<number>): number {
  let total = 0;
  for (let axis = 0; axis + 1 < x.length; axis++) {
    const own = x[axis] as number;
    total += 100 * ((x[axis + 1] as number) - own ** 2) ** 2 + (1 - own) ** 2;
  }
  return total;
}

export function ackley(x: ArrayLike<number>): number {
  let squares = 0;
  let waves = 0;
  for (let axis = 0; axis < x.length; axis++) {
    squares += (x[axis] as number) ** 2;
    waves += Math.cos(2 * Math.PI * (x[axis] as number));
  }
  return -20 * Math.exp(-0.2 * Math.sqrt(squares / x.length)) - Math.exp(waves / x.length) + 20 + Math.E;
}

/** Σ 10^i z_i². */
export function ellipsoid(z: ArrayLike<number>): number {
  let total = 0;
  for (let axis = 0; axis < z.length; axis++) total += 10 ** axis * (z[axis] as number) ** 2;
  return total;
}

export function rastrigin(z: ArrayLike<number>): number {
  let total = 0;
  for (let axis = 0; axis < z.length; axis++) {
    const own = z[axis] as number;
    total += own ** 2 + 10 * (1 - Math.cos(2 * Math.PI * own));
  }
  return total;
}

/** Scaled so that the smallest value is 0, at −2.903534 in every axis. */
export function styblinskiTang(x: ArrayLike<number>): number {
  let total = 0;
  for (let axis = 0; axis < x.length; axis++) {
    const own = x[axis] as number;
    total += (own ** 4 - 16 * own ** 2 + 5 * own) / 2 + 39.16616570377142;
  }
  return total;
}

/** The product of a matrix of rows and a vector. */
export function multiplied(matrix: readonly ArrayLike<number>[], x: ArrayLike<number>): Float64Array {
  return Float64Array.from(matrix, (row) => {
    let total = 0;
    for (let axis = 0; axis < x.length; axis++) total += (row[axis] as number) * (x[axis] as number);
    return total;
  });
}

export function minus(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: a.length }, (_, index) => (a[index] as number) - (b[index] as number));
}
