import { Fronts } from '../fronts/fronts.ts';
import { largestVolumeSubset } from '../fronts/hypervolume.ts';
import type { History } from '../study/history.ts';
import { lossOf } from './importance.ts';

/** With three objectives and more, a front beyond this size is cut evenly along the first one instead of by volume. */
const LARGEST_EXACT_CUT = 256;

/**
 * `size` trials by non-domination rank over all objectives, the last front cut to the subset that a greedy choice of
 * the largest hypervolume makes (as Optuna's multi-objective TPE and PED-ANOVA do), ascending.
 */
export function bestByFronts(history: History, trials: readonly number[], size: number): readonly number[] {
  let room = size;
  if (room >= trials.length) return trials;
  const fronts = new Fronts(history.directions.length);
  for (const number of trials) {
    fronts.insert(
      number,
      Float64Array.from(history.directions, (_, objective) => lossOf(history, number, objective)),
    );
  }
  const chosen: number[] = [];
  for (const front of fronts.fronts) {
    if (room <= 0) break;
    const taken = front.length <= room ? front : cut(front, fronts, room);
    for (const number of taken) chosen.push(number);
    room -= taken.length;
  }
  return chosen.sort((a, b) => a - b);
}

/** `size` trials of a front. Equal points count once; when there are too few others, the first of their copies fill up. */
function cut(front: readonly number[], fronts: Fronts, size: number): number[] {
  const sorted = [...front].sort((a, b) => lexicographic(fronts.losses(a), fronts.losses(b)) || a - b);
  const isCopy = sorted.map((number, place) => {
    const before = sorted[place - 1];
    return before !== undefined && lexicographic(fronts.losses(before), fronts.losses(number)) === 0;
  });
  const distinct = sorted.filter((_, place) => !isCopy[place]);
  if (distinct.length <= size) {
    const copies = sorted.filter((_, place) => isCopy[place]).sort((a, b) => a - b);
    return [...distinct, ...copies.slice(0, size - distinct.length)];
  }
  const points = distinct.map((number) => fronts.losses(number));
  return largestSubset(points, referencePoint(points), size).map((place) => distinct[place]);
}

function largestSubset(points: readonly Float64Array[], reference: Float64Array, size: number): number[] {
  if (reference.length === 2) return largestAreaSubset(points, reference, size);
  if (points.length <= LARGEST_EXACT_CUT) return largestVolumeSubset(points, reference, size);
  return Array.from({ length: size }, (_, place) => Math.floor((place * points.length) / size));
}

/**
 * `largestVolumeSubset` for two objectives in O(size · n): points of a front, the first objective ascending. Each point's gain
 * is a rectangle up to its nearest chosen neighbours.
 */
function largestAreaSubset(points: readonly Float64Array[], reference: Float64Array, size: number): number[] {
  const count = points.length;
  const right = new Float64Array(count).fill(reference[0]);
  const top = new Float64Array(count).fill(reference[1]);
  const isChosen = new Uint8Array(count);
  const chosen: number[] = [];
  while (chosen.length < size) {
    let best = -1;
    let bestGain = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < count; place++) {
      if (isChosen[place]) continue;
      const [x, y] = points[place] as unknown as readonly [number, number];
      const gain = (right[place] - x) * (top[place] - y);
      if (gain > bestGain) {
        best = place;
        bestGain = gain;
      }
    }
    isChosen[best] = 1;
    chosen.push(best);
    const [x, y] = points[best] as unknown as readonly [number, number];
    for (let place = 0; place < best; place++) right[place] = Math.min(right[place], x);
    for (let place = best + 1; place < count; place++) top[place] = Math.min(top[place], y);
  }
  return chosen;
}

/** Optuna's: a tenth worse than the worst of the front in every objective. */
function referencePoint(points: readonly Float64Array[]): Float64Array {
  const worst = new Float64Array(points[0].length).fill(Number.NEGATIVE_INFINITY);
  for (const point of points) {
    for (const [objective, loss] of point.entries()) worst[objective] = Math.max(worst[objective], loss);
  }
  return worst.map((loss) => Math.max(1.1 * loss, 0.9 * loss) || 1e-12);
}

function lexicographic(a: Float64Array, b: Float64Array): number {
  for (const [objective, loss] of a.entries()) {
    const difference = loss - b[objective];
    if (difference !== 0) return difference;
  }
  return 0;
}
