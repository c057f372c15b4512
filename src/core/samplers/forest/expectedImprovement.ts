import { normalCdf } from '../../stats/normal.ts';

const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Below this the difference in φ(z) + z Φ(z) cancels, and its expansion φ(z) / z² (1 − 3 / z²) takes over. */
const FAR = -6;

/** Log of how far a normal variable of this mean and variance is expected to fall below `incumbent`. */
export function logExpectedImprovement(mean: number, variance: number, incumbent: number): number {
  const deviation = Math.sqrt(variance) + 1e-9;
  const z = (incumbent - mean) / deviation;
  const logDensity = -(z * z) / 2 - LOG_SQRT_TWO_PI;
  if (z < FAR) return Math.log(deviation) + logDensity - 2 * Math.log(-z) + Math.log1p(-3 / (z * z));
  return Math.log(deviation * (Math.exp(logDensity) + z * normalCdf(z)));
}
