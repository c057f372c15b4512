import type { Random } from '../../random.ts';

/** Probabilities of categorical parameters, one row after the other, with what their update remembers. Never changed. */
export interface ChoiceState {
  /** Choices a parameter. */
  readonly counts: readonly number[];
  readonly probabilities: Float64Array;
  /** Running sum of the normalised gradients, its expected square length without a signal, and the trust in them. */
  readonly path: Float64Array;
  readonly expected: number;
  readonly trust: number;
}

/** The inverse of a step's length in the Fisher metric, at first and at least. */
const FIRST_TRUST = 2;
const LOWEST_TRUST = 1;

export function uniformChoices(counts: readonly number[]): ChoiceState {
  const probabilities = Float64Array.from(counts.flatMap((count) => new Array<number>(count).fill(1 / count)));
  return { counts, probabilities, path: new Float64Array(probabilities.length), expected: 0, trust: FIRST_TRUST };
}

/** Probabilities as often as good earlier trials (one row each) made each choice, and one trial more for each. */
export function choicesLike(counts: readonly number[], chosen: readonly (readonly number[])[]): ChoiceState {
  const shares = counts.flatMap((count, parameter) =>
    Array.from({ length: count }, (_, choice) => {
      const hits = chosen.reduce((sum, row) => sum + (row[parameter] === choice ? 1 : 0), 0);
      return (hits + 1) / (chosen.length + count);
    }),
  );
  return { ...uniformChoices(counts), probabilities: withMargins(Float64Array.from(shares), counts) };
}

/** Draws an index for each parameter. */
export function drawChoices({ counts, probabilities }: ChoiceState, random: Random): number[] {
  let start = 0;
  return counts.map((count) => {
    const index = random.choice(probabilities.subarray(start, start + count));
    start += count;
    return index;
  });
}

/** Signal-to-noise threshold of the adaptation. */
const ALPHA = 1.5;

/**
 * The probabilities after a generation: natural gradient of the expected weight, of a length in the Fisher metric that
 * adapts to how steady its direction is (ASNG: Akimoto, Shirakawa, Yoshinari, Uchida, Saito, Nishida 2019); no choice
 * becomes rarer than a margin (Hamano et al., CatCMA, GECCO 2024). `chosen` has one row a member, from the best to the worst;
 * `weights` their recombination weights, of which the positive ones count.
 */
export function afterChoices(
  state: ChoiceState,
  chosen: readonly (readonly number[])[],
  weights: Float64Array,
): ChoiceState {
  const { counts, probabilities } = state;
  if (counts.length === 0) return state;
  const gradient = naturalGradient(state, chosen, weights);
  const scaled = gradient.map((slope, place) => slope / Math.sqrt(probabilities[place]));
  const length = Math.sqrt(scaled.reduce((sum, value) => sum + value * value, 0));
  // As good as no direction: dividing by it would blow rounding errors up.
  if (length < 1e-9) return state;
  const freedom = counts.reduce((sum, count) => sum + count - 1, 0);
  const step = 1 / state.trust;
  const rate = Math.min(step / Math.sqrt(freedom), 1);
  const path = state.path.map(
    (value, place) => (1 - rate) * value + (Math.sqrt(rate * (2 - rate)) * scaled[place]) / length,
  );
  const expected = (1 - rate) ** 2 * state.expected + rate * (2 - rate);
  const signal = path.reduce((sum, value) => sum + value * value, 0);
  const trust = Math.max(state.trust * Math.exp(rate * (expected - signal / ALPHA)), LOWEST_TRUST);
  const moved = probabilities.map((value, place) => value + (step / length) * gradient[place]);
  return { counts, probabilities: withMargins(moved, counts), path, expected, trust };
}

function naturalGradient(
  { counts, probabilities }: ChoiceState,
  chosen: readonly (readonly number[])[],
  weights: Float64Array,
): Float64Array {
  const gradient = new Float64Array(probabilities.length);
  for (const [place, row] of chosen.entries()) {
    const weight = Math.max(weights[place] ?? 0, 0);
    let start = 0;
    for (const [parameter, count] of counts.entries()) {
      for (let choice = 0; choice < count; choice++) {
        const hit = row[parameter] === choice ? 1 : 0;
        const slope = weight * (hit - probabilities[start + choice]);
        gradient[start + choice] = gradient[start + choice] + slope;
      }
      start += count;
    }
  }
  return gradient;
}

/** Raises what is below the margin, at the cost of what is above it. With it 73 % of the draws miss no favourite. */
function withMargins(probabilities: Float64Array, counts: readonly number[]): Float64Array {
  const result = probabilities.slice();
  let start = 0;
  for (const count of counts) {
    const margin = (1 - 0.73 ** (1 / counts.length)) / Math.max(1, count - 1);
    let spare = 0;
    let missing = 0;
    for (let place = start; place < start + count; place++) {
      const excess = result[place] - margin;
      if (excess > 0) spare += excess;
      else missing -= excess;
    }
    const kept = spare > 0 ? (spare - missing) / spare : 0;
    const total = margin * count + spare * kept;
    for (let place = start; place < start + count; place++) {
      result[place] = (margin + Math.max(0, result[place] - margin) * kept) / total;
    }
    start += count;
  }
  return result;
}
