/** Parts of a factor of two that the first table has. */
const PARTS = 64;
/** ln 2 / 64 in two pieces, the first with so few digits that its multiples are exact. */
const STEP_HIGH = 0.010830424695086549;
const STEP_LOW = 1.162596423439437e-12;
const STEPS = PARTS * Math.LOG2E;
/** From here on e^(−x) is 0. */
const VANISHING = 745.2;

/** 2^(−i/64), and 2^(−k). */
const FRACTIONS = Float64Array.from({ length: PARTS }, (_, i) => 2 ** (-i / PARTS));
const POWERS = Float64Array.from({ length: 1076 }, (_, k) => 2 ** -k);

/**
 * e^(−x) for x ≥ 0, to within two units in the last place; NaN for NaN. From tables of 2^(−i/64) and 2^(−k) and five terms of the
 * series for what is left. `Math.exp` is a call that keeps a loop from overlapping its turns; this is compiled into it.
 */
export function decay(x: number): number {
  if (!(x < VANISHING)) return Number.isNaN(x) ? x : 0;
  const n = (x * STEPS + 0.5) | 0;
  const f = n * STEP_HIGH - x + n * STEP_LOW;
  const series = 1 + f * (1 + f * (0.5 + f * (1 / 6 + f * (1 / 24 + f * (1 / 120)))));
  return POWERS[n >> 6] * (FRACTIONS[n & 63] * series);
}
