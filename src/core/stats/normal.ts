/** The standard normal distribution. Arguments are finite or infinite; NaN gives NaN. */

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

/**
 * Φ(x) to 1e-15, in the lower tail to a relative 1e-8 as well: Hart's rational approximation (J. F. Hart et al.,
 * "Computer Approximations", 1968, no. 5666) and a continued fraction beyond |x| = 7.07, as arranged by West (2005).
 */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  if (z > 38.6) return x > 0 ? 1 : 0;
  const e = Math.exp((-z * z) / 2);
  const tail = z < 7.07106781186547 ? (e * numerator(z)) / denominator(z) : e / (fraction(z) * SQRT_TWO_PI);
  return x > 0 ? 1 - tail : tail;
}

function numerator(z: number): number {
  return (
    (((((3.52624965998911e-2 * z + 0.700383064443688) * z + 6.37396220353165) * z + 33.912866078383) * z +
      112.079291497871) *
      z +
      221.213596169931) *
      z +
    220.206867912376
  );
}

function denominator(z: number): number {
  return (
    ((((((8.83883476483184e-2 * z + 1.75566716318264) * z + 16.064177579207) * z + 86.7807322029461) * z +
      296.564248779674) *
      z +
      637.333633378831) *
      z +
      793.826512519948) *
      z +
    440.413735824752
  );
}

function fraction(z: number): number {
  return z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))));
}

/** log(Φ(b) − Φ(a)) for a ≤ b, without cancellation in either tail; −Infinity where it underflows. */
export function logNormalMass(a: number, b: number): number {
  return Math.log(a > 0 ? normalCdf(-a) - normalCdf(-b) : normalCdf(b) - normalCdf(a));
}

/**
 * Φ⁻¹(p) to about 1e-12: a rational start (Abramowitz, Stegun, 26.2.23) and Halley steps on Φ. −Infinity at 0, Infinity at 1;
 * NaN outside [0, 1].
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let x = ((0.010328 * t + 0.802853) * t + 2.515517) / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1) - t;
  for (let round = 0; round < 3; round++) {
    const density = Math.exp((-x * x) / 2) / SQRT_TWO_PI;
    if (density === 0) break;
    const step = (normalCdf(x) - p) / density;
    x -= step / (1 + (x * step) / 2);
  }
  return x;
}
