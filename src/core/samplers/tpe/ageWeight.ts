/** The newest trials have full weight (Bergstra et al. 2013). */
const FULL_WEIGHT = 25;

/** Weight of the observation at place `place` of `count` from the oldest: numpy's linspace(1/n, 1, n − 25), then ones. */
export function ageWeight(place: number, count: number): number {
  const ramp = count - FULL_WEIGHT;
  if (ramp <= 0 || place >= ramp) return 1;
  if (ramp <= 1) return 1 / count;
  return 1 / count + (Math.max(0, place) / (ramp - 1)) * (1 - 1 / count);
}
