/** Normal kernels truncated to [0, 1]: their mass, and draws from them. */
import type { Random } from '../../random.ts';
import { logNormalMass } from '../../stats/normal.ts';

/** A cell narrower than this many bandwidths has the mass density × width, to 4e-8. */
const NARROW_CELL = 1e-3;
const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Log of a normal kernel's mass in a cell, its truncation left to the caller. Never above 0. Where even the bound
 * ½ exp(−z²/2) on the tail beyond the nearer border is below `floor`, the answer is −Infinity.
 */
export function logCellMass(low: number, high: number, centre: number, precision: number, floor: number): number {
  const a = (low - centre) * precision;
  const b = (high - centre) * precision;
  const nearest = Math.max(a, 0) + Math.min(b, 0);
  if (nearest * nearest * -0.5 < floor) return Number.NEGATIVE_INFINITY;
  if (b - a < NARROW_CELL) {
    const middle = (a + b) / 2;
    return Math.log(b - a) - LOG_SQRT_TWO_PI - (middle * middle) / 2;
  }
  return logNormalMass(a, b);
}

/** Log of a normal kernel's mass in [0, 1]. Beyond 8.3 bandwidths a border cuts off less than the rounding error. */
export function logMassInside(centre: number, bandwidth: number): number {
  const below = centre / bandwidth;
  const above = (1 - centre) / bandwidth;
  if (below > 8.3 && above > 8.3) return 0;
  return logNormalMass(-below, above);
}

/**
 * A draw from the normal distribution around `centre`, truncated to [0, 1], by rejection: the centre is inside and the
 * bandwidth at most the range, so at least every third normal draw is accepted.
 */
export function drawTruncated(centre: number, bandwidth: number, random: Random): number {
  for (;;) {
    const coordinate = centre + bandwidth * random.normal();
    if (coordinate >= 0 && coordinate <= 1) return coordinate;
  }
}
