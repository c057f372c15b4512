import { Staircase } from './staircase.ts';

/**
 * Volume that points (losses, smaller is better) dominate up to a reference point, exactly. Two objectives by a sweep, three
 * by a sweep over the area that grows (Fonseca, Paquete, López-Ibáñez 2006), both in O(n log n) comparisons; more by the
 * volume that each point has for itself (While, Bradstreet, Barone 2012, WFG), worst in the last objective first, so that it
 * is one of an objective less: O(n² log n) for four. All numbers finite.
 */
export function hypervolume(points: readonly Float64Array[], reference: Float64Array): number {
  const inside = points.filter((point) => point.every((loss, objective) => loss < reference[objective]));
  switch (reference.length) {
    case 0:
      return 0;
    case 1:
      return inside.reduce((most, point) => Math.max(most, at(reference, 0) - at(point, 0)), 0);
    case 2:
      return area(inside, reference);
    case 3:
      return new Layers(inside, reference).volume();
    case 4:
      return volumeOfFour(inside, reference);
    default:
      return slices(inside, reference);
  }
}

function area(points: readonly Float64Array[], reference: Float64Array): number {
  const stairs = new Staircase(points.length, at(reference, 0), at(reference, 1));
  for (const point of [...points].sort((a, b) => at(a, 0) - at(b, 0))) stairs.add(at(point, 0), at(point, 1));
  return stairs.area;
}

/** Points in three objectives (or their first three) in the order of the third. */
class Layers {
  readonly #points: readonly Float64Array[];
  readonly #reference: Float64Array;
  readonly #stairs: Staircase;

  constructor(points: readonly Float64Array[], reference: Float64Array) {
    this.#points = [...points].sort((a, b) => at(a, 2) - at(b, 2));
    this.#reference = reference;
    this.#stairs = new Staircase(points.length, at(reference, 0), at(reference, 1));
  }

  get points(): readonly Float64Array[] {
    return this.#points;
  }

  /** Volume within the box of `corner`, of the points (by place here) that `counts` says 1 for. */
  volume(corner?: Float64Array, counts?: Uint8Array): number {
    const [x, y, z] = corner ? [at(corner, 0), at(corner, 1), at(corner, 2)] : [-Infinity, -Infinity, -Infinity];
    const stairs = this.#stairs;
    stairs.clear();
    let volume = 0;
    let floor = 0;
    for (let place = 0; place < this.#points.length; place++) {
      if (counts && !counts[place]) continue;
      const point = this.#points[place];
      const height = Math.max(at(point, 2), z);
      if (stairs.area > 0) volume += stairs.area * (height - floor);
      floor = height;
      stairs.add(Math.max(at(point, 0), x), Math.max(at(point, 1), y));
    }
    return stairs.area > 0 ? volume + stairs.area * (at(this.#reference, 2) - floor) : volume;
  }
}

/** Slices of four objectives: the layers are sorted once for all of them. */
function volumeOfFour(points: readonly Float64Array[], reference: Float64Array): number {
  const layers = new Layers(points, reference);
  const places = Uint32Array.from(layers.points, (_, place) => place);
  const point = (place: number) => layers.points[place];
  places.sort((a, b) => at(point(b), 3) - at(point(a), 3) || a - b);
  const isBetter = new Uint8Array(places.length).fill(1);
  let volume = 0;
  for (const place of places) {
    isBetter[place] = 0;
    const own = point(place);
    const shared = layers.volume(own, isBetter);
    volume += (at(reference, 3) - at(own, 3)) * (box(own, reference, 3) - shared);
  }
  return volume;
}

function slices(points: readonly Float64Array[], reference: Float64Array): number {
  const last = reference.length - 1;
  const sorted = [...points].sort((a, b) => at(b, last) - at(a, last));
  const below = reference.subarray(0, last);
  let volume = 0;
  for (const [index, point] of sorted.entries()) {
    const shared = hypervolume(limited(sorted.slice(index + 1), point.subarray(0, last)), below);
    volume += (at(reference, last) - at(point, last)) * (box(point, reference, last) - shared);
  }
  return volume;
}

/** What each point shares with the box of `corner` in as many objectives, without those that another one covers. */
function limited(points: readonly Float64Array[], corner: Float64Array): Float64Array[] {
  const raised = points.map((point) => corner.map((loss, objective) => Math.max(loss, at(point, objective))));
  return raised.filter(
    (point, index) =>
      !raised.some(
        (other, place) =>
          place !== index &&
          other.every((loss, objective) => loss <= at(point, objective)) &&
          (place < index || other.some((loss, objective) => loss < at(point, objective))),
      ),
  );
}

/** A function that tells the volume that a point has for itself beside others. */
function exclusiveBeside(others: readonly Float64Array[], reference: Float64Array): (point: Float64Array) => number {
  if (reference.length === 3) {
    const layers = new Layers(others, reference);
    return (point) => box(point, reference) - layers.volume(point);
  }
  return (point) => box(point, reference) - hypervolume(limited(others, point), reference);
}

/** Volume between a point and the reference in the first `objectives`. */
function box(point: Float64Array, reference: Float64Array, objectives = reference.length): number {
  let volume = 1;
  for (let objective = 0; objective < objectives; objective++)
    volume *= at(reference, objective) - at(point, objective);
  return volume;
}

/**
 * Places of the `size` points that together dominate the most: greedy choice, within 1 − 1/e of the best (Guerreiro,
 * Fonseca, Paquete 2016), with lazy re-evaluation since a point's gain only shrinks. The first of equals.
 */
export function largestVolumeSubset(points: readonly Float64Array[], reference: Float64Array, size: number): number[] {
  const gains = Float64Array.from(points, (point) => box(point, reference));
  const isChosen = new Uint8Array(points.length);
  const chosen: number[] = [];
  while (chosen.length < Math.min(size, points.length)) {
    const taken = chosen.map((place) => points[place]);
    const best = bestGain(points, gains, isChosen, exclusiveBeside(taken, reference));
    isChosen[best] = 1;
    chosen.push(best);
  }
  return chosen;
}

/** Place with the largest gain; gains are brought up to date as far as that needs. */
function bestGain(
  points: readonly Float64Array[],
  gains: Float64Array,
  isChosen: Uint8Array,
  gainOf: (point: Float64Array) => number,
): number {
  const isFresh = new Uint8Array(points.length);
  for (;;) {
    let best = -1;
    for (let place = 0; place < points.length; place++) {
      if (!isChosen[place] && (best < 0 || at(gains, place) > at(gains, best))) best = place;
    }
    if (isFresh[best]) return best;
    gains[best] = gainOf(points[best]);
    isFresh[best] = 1;
  }
}

function at(numbers: ArrayLike<number>, index: number): number {
  return numbers[index];
}
