import { normalCdf } from './normal.ts';

/** Logarithms of normal integrals that stay exact far in the lower tail, with their slopes. */

const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** From here down the continued fraction is used. */
const TAIL = -5;
const TERMS = 24;

/**
 * q of the continued fraction Φ(−t) / φ(t) = 1 / (t + q), q = 1 / (t + 2 / (t + 3 / (t + …))), for t ≥ 5 (Laplace; see
 * Abramowitz and Stegun 26.2.14).
 */
function fractionTail(t: number): number {
  let rest = t;
  for (let term = TERMS; term >= 2; term--) rest = t + term / rest;
  return 1 / rest;
}

function density(z: number): number {
  return Math.exp(-0.5 * z * z - LOG_SQRT_TWO_PI);
}

/** log Φ(z) to a relative 1e-7 or better, at any z. */
export function logNormalCdf(z: number): number {
  if (z > TAIL) return z > 5 ? Math.log1p(-normalCdf(-z)) : Math.log(normalCdf(z));
  return -0.5 * z * z - LOG_SQRT_TWO_PI - Math.log(fractionTail(-z) - z);
}

/** d log Φ(z) / dz = φ(z) / Φ(z). */
export function logNormalCdfSlope(z: number): number {
  return z > TAIL ? density(z) / normalCdf(z) : fractionTail(-z) - z;
}

/**
 * log h(z), h(z) = φ(z) + z Φ(z): the expected improvement of a standard normal variable below z, in logarithms
 * (Ament, Daulton, Eriksson, Balandat, Bakshy: "Unexpected improvements to expected improvement", NeurIPS 2023). In the tail
 * h = φ q / (t + q) with t = −z, so nothing cancels.
 */
export function logImprovement(z: number): number {
  if (z > TAIL) return Math.log(density(z) + z * normalCdf(z));
  const q = fractionTail(-z);
  return -0.5 * z * z - LOG_SQRT_TWO_PI + Math.log(q / (q - z));
}

/** d log h(z) / dz = Φ(z) / h(z). */
export function logImprovementSlope(z: number): number {
  if (z > TAIL) {
    const below = normalCdf(z);
    return below / (density(z) + z * below);
  }
  return 1 / fractionTail(-z);
}
