import { identity, type Start } from './searchState.ts';

/** Share of the earlier trials that the start is fitted to. */
const BEST_SHARE = 0.25;
/** Fewer earlier trials say too little about where to begin. */
export const FEWEST_SOURCES = 10;
/** Standard deviation around each of them: a prior that keeps the covariance regular. */
const PRIOR = 0.1;

/** How many of `count` earlier trials a warm start uses. */
export function sourcesUsed(count: number): number {
  return count < FEWEST_SOURCES ? 0 : Math.ceil(BEST_SHARE * count);
}

/**
 * Mean, step size and covariance of the mixture of N(x, 0.1² I) over good points (d coordinates each) of an earlier search:
 * the normal distribution nearest to the promising region (WS-CMA-ES: Nomura, Watanabe, Akimoto, Ozaki, Onishi 2021).
 */
export function warmStart(points: Float64Array, dimensions: number): Omit<Start, 'population'> {
  const count = points.length / dimensions;
  const mean = new Float64Array(dimensions);
  for (const [place, coordinate] of points.entries()) {
    mean[place % dimensions] = mean[place % dimensions] + coordinate / count;
  }
  const covariance = identity(dimensions).map((entry) => entry * PRIOR * PRIOR);
  for (let start = 0; start < points.length; start += dimensions) {
    for (let row = 0; row < dimensions; row++) {
      const own = points[start + row] - mean[row];
      for (let column = 0; column < dimensions; column++) {
        const other = points[start + column] - mean[column];
        const place = row * dimensions + column;
        covariance[place] = covariance[place] + (own * other) / count;
      }
    }
  }
  const sigma = Math.exp(logDeterminant(covariance, dimensions) / (2 * dimensions));
  return { mean, sigma, covariance: covariance.map((entry) => entry / (sigma * sigma)) };
}

/** Log of the determinant of a positive definite matrix (Cholesky). */
export function logDeterminant(matrix: Float64Array, size: number): number {
  const factor = new Float64Array(size * size);
  let sum = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row * size + column];
      for (let inner = 0; inner < column; inner++) {
        rest -= factor[row * size + inner] * factor[column * size + inner];
      }
      if (row === column) {
        factor[row * size + row] = Math.sqrt(rest);
        sum += Math.log(rest);
      } else factor[row * size + column] = rest / factor[column * size + column];
    }
  }
  return sum;
}
