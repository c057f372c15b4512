import { largestVolumeSubset } from '../../fronts/hypervolume.ts';
import type { Random } from '../../random.ts';
import type { GpModel } from './model/gpModel.ts';

/** Points of the front that the acquisition sees at most, by number of objectives: with more the boxes would be too many. */
const MOST_FRONT: Readonly<Record<number, number>> = { 2: 64, 3: 24, 4: 10 };
/** More objectives than this are taken three at a time. */
const MOST_OBJECTIVES = 4;

/** Where a study stands, by posterior means: places are rows the model sees (see `GpModel.means`), running trials after them. */
export interface Standing {
  /** Feasible places from the best on; places from the least violation on while nothing is feasible. */
  readonly ranked: readonly number[];
  /** Whether anything feasible was seen. */
  readonly isFeasible: boolean;
}

export function standingOf(model: GpModel): Standing {
  const merits = model.objectives.map((_, objective) => model.means(objective));
  const total = model.chosen.length + model.running.length;
  const feasible = Array.from({ length: total }, (_, place) => place).filter((place) =>
    merits.every((means) => !Number.isNaN(means[place])),
  );
  if (merits.length > 0 && feasible.length > 0) {
    const scores = Float64Array.from({ length: total }, (_, place) =>
      merits.reduce((sum, means) => sum + means[place], 0),
    );
    const front = new Set(merits.length > 1 ? paretoPlaces(feasible, merits) : []);
    const order = (place: number) => (front.has(place) ? 0 : 1);
    const ranked = feasible.sort((a, b) => order(a) - order(b) || scores[a] - scores[b] || a - b);
    return { ranked, isFeasible: true };
  }
  const violation = model.violations();
  const ranked = [...violation.keys()].sort((a, b) => violation[a] - violation[b] || a - b);
  return { ranked, isFeasible: false };
}

/** What an expected gain of hypervolume needs: which objectives, the front in them and the reference point, in units of z. */
export interface Front {
  readonly objectives: readonly number[];
  readonly points: readonly Float64Array[];
  readonly reference: Float64Array;
}

/**
 * The front of the feasible places. The reference lies a tenth of the spread beyond the worst mean. With more than four
 * objectives three are drawn anew for every trial.
 */
export function frontOf(model: GpModel, ranked: readonly number[], random: Random): Front {
  const objectives = drawn(model.objectives.length, random);
  const means = objectives.map((objective) => model.means(objective));
  const reference = Float64Array.from(means, (column) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const place of ranked) {
      low = Math.min(low, column[place]);
      high = Math.max(high, column[place]);
    }
    return high + Math.max(0.1 * (high - low), 0.01);
  });
  const points = paretoPlaces(ranked, means).map((place) => Float64Array.from(means, (column) => column[place]));
  const most = MOST_FRONT[objectives.length];
  const kept = points.length > most ? largestVolumeSubset(points, reference, most) : [...points.keys()];
  return { objectives, reference, points: kept.map((index) => points[index]) };
}

function drawn(count: number, random: Random): number[] {
  const all = Array.from({ length: count }, (_, objective) => objective);
  if (count <= MOST_OBJECTIVES) return all;
  const some: number[] = [];
  while (some.length < 3) some.push(...all.splice(random.integer(all.length), 1));
  return some.sort((a, b) => a - b);
}

/** Places that no other is better than in every respect; the first of equals. */
function paretoPlaces(places: readonly number[], means: readonly Float64Array[]): number[] {
  return places.filter((place) =>
    places.every((other) => {
      if (other === place) return true;
      let isBetter = other < place;
      for (const column of means) {
        const difference = column[other] - column[place];
        if (difference > 0) return true;
        if (difference < 0) isBetter = true;
      }
      return !isBetter;
    }),
  );
}
