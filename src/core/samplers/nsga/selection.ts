import { Random } from '../../random.ts';
import { nearestReferences, normalisedLosses } from './references.ts';
import { byCrowding, frontsOf, type Scores } from './scores.ts';

/** Chooses `size` rows to go on with; `seed` and `generation` decide between equals. */
export type Selection = (scores: Scores, size: number, seed: number, generation: number) => number[];

/** Whole fronts, and of the one that no longer fits the loneliest (NSGA-II: Deb, Pratap, Agarwal, Meyarivan 2002). */
export const byFrontsAndCrowding: Selection = (scores, size) => {
  const { elite, border } = cut(scores, size);
  return [...elite, ...byCrowding(scores, border).slice(0, size - elite.length)];
};

/**
 * Whole fronts, and of the one that no longer fits those that are nearest to the directions with the fewest members
 * (NSGA-III: Deb, Jain 2014). `references` holds directions, one number an objective.
 */
export function byFrontsAndReferences(references: (objectives: number) => Float64Array): Selection {
  return (scores, size, seed, generation) => {
    const { elite, border } = cut(scores, size);
    const wanted = size - elite.length;
    if (border.length <= wanted) return [...elite, ...border];
    const directions = references(scores.width);
    const nearest = nearestReferences(normalisedLosses(scores, [...elite, ...border]), directions, scores.width);
    const niches = new Niches(nearest, elite.length, new Random(seed, generation, 'niches'));
    return [...elite, ...niches.take(wanted).map((place) => border[place])];
  };
}

/** The fronts that fit, and the first that does not. */
function cut(scores: Scores, size: number): { elite: number[]; border: number[] } {
  const elite: number[] = [];
  for (const front of frontsOf(scores)) {
    if (elite.length + front.length >= size) return { elite, border: front };
    elite.push(...front);
  }
  return { elite, border: [] };
}

/** Members of the border front by the direction that they are nearest to. */
class Niches {
  /** How many members each direction has already. */
  readonly #counts = new Map<number, number>();
  readonly #waiting = new Map<number, { place: number; distance: number }[]>();
  readonly #random: Random;

  /** `nearest` has the elite first, then the border. */
  constructor(nearest: readonly { reference: number; distance: number }[], elite: number, random: Random) {
    this.#random = random;
    for (const [index, { reference, distance }] of nearest.entries()) {
      if (index < elite) this.#counts.set(reference, this.#count(reference) + 1);
      else {
        const waiting = this.#waiting.get(reference) ?? [];
        waiting.push({ place: index - elite, distance });
        this.#waiting.set(reference, waiting);
      }
    }
  }

  /**
   * One after the other from a direction with the fewest members, drawn among equals: to an empty one its nearest member
   * comes, to another a random one.
   */
  take(wanted: number): number[] {
    const taken: number[] = [];
    while (taken.length < wanted && this.#waiting.size > 0) {
      const reference = this.#loneliest();
      const waiting = this.#waiting.get(reference) as { place: number; distance: number }[];
      const chosen = this.#count(reference) === 0 ? nearestOf(waiting) : this.#random.integer(waiting.length);
      taken.push((waiting.splice(chosen, 1)[0] as { place: number }).place);
      if (waiting.length === 0) this.#waiting.delete(reference);
      this.#counts.set(reference, this.#count(reference) + 1);
    }
    return taken;
  }

  #loneliest(): number {
    let fewest = Number.POSITIVE_INFINITY;
    let equals: number[] = [];
    for (const reference of this.#waiting.keys()) {
      const count = this.#count(reference);
      if (count < fewest) {
        fewest = count;
        equals = [];
      }
      if (count === fewest) equals.push(reference);
    }
    return equals[this.#random.integer(equals.length)];
  }

  #count(reference: number): number {
    return this.#counts.get(reference) ?? 0;
  }
}

function nearestOf(members: readonly { distance: number }[]): number {
  let best = 0;
  for (const [index, { distance }] of members.entries()) {
    if (distance < members[best].distance) best = index;
  }
  return best;
}
