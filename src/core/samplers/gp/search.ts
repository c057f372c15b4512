import { minimise } from '../../linalg/lbfgs.ts';
import type { Random } from '../../random.ts';
import { DimensionKind, type Encoding } from '../encoding.ts';
import type { Acquisition } from './acquisition.ts';
import { Candidates, type Region } from './candidates.ts';
import { FEW_LEVELS } from './model/kernelLayout.ts';

export interface SearchOptions {
  /** Sobol points over the region. */
  readonly spread: number;
  /** Points of the region that share part of their coordinates with the best one. */
  readonly masked: number;
  /** Points around good ones, and as many parts of them at the ends of ranges. */
  readonly near: number;
  readonly ends: number;
  /** Probability that a coordinate of a point near a good one moves. */
  readonly share: number;
  /** Climbs, from the best candidates. */
  readonly starts: number;
}

export interface Found {
  readonly point: Float64Array;
  readonly active: Uint8Array;
  readonly score: number;
}

const ROUNDS = 3;
const ITERATIONS = 20;
/** Levels of a categorical parameter that a scan looks at, at most. */
const MOST_SCANNED = 64;
/** Finite spaces up to this size are searched whole. */
const SMALL_SPACE = 1200;
/** Under conditions: steps back from the end of a climb, and turns of so many steps around it. */
const RETREATS = 6;
const WANDERINGS = 3;
const WANDERERS = 24;

/**
 * Looks for the highest acquisition in a region: scrambled Sobol points, points around the given good ones and at the ends of
 * ranges; then climbs from the best of them, in turns of projected L-BFGS over the continuous coordinates and the best single
 * change of a discrete one. A small finite space is searched whole. What `isTaken` is passed over as long as there is anything
 * else.
 */
export class Search {
  readonly #encoding: Encoding;
  readonly #acquisition: Acquisition;
  readonly #region: Region;
  readonly #isTaken: (point: Float64Array, active: Uint8Array) => boolean;
  /** Coordinates that climbs move by slope, and by scan. */
  readonly #smooth: readonly number[];
  readonly #scanned: readonly number[];

  constructor(
    encoding: Encoding,
    acquisition: Acquisition,
    region: Region,
    isTaken: (point: Float64Array, active: Uint8Array) => boolean,
  ) {
    this.#encoding = encoding;
    this.#acquisition = acquisition;
    this.#region = region;
    this.#isTaken = isTaken;
    const free = [...encoding.dimensions.keys()].filter((j) => !region.isFixed[j]);
    const isSmooth = (j: number) => {
      const { kind, levels } = encoding.dimensions[j];
      return kind === DimensionKind.numeric && levels > FEW_LEVELS;
    };
    this.#smooth = free.filter(isSmooth);
    this.#scanned = free.filter(
      (j) => encoding.dimensions[j]?.levels > 1 && Number.isFinite(encoding.dimensions[j]?.levels),
    );
  }

  /** `good` are points to look around, the best first. */
  run(good: readonly Float64Array[], options: SearchOptions, random: Random): Found {
    const whole = this.#whole();
    if (whole) return this.#best(whole, orderOf(whole), []);
    const { spread, masked, near, ends, share, starts } = options;
    const candidates = new Candidates(this.#encoding, spread + masked + near + ends + good.length, this.#region);
    candidates.addAll(good);
    candidates.addSpread(spread, random);
    candidates.keepAllowed([], random);
    if (good[0]) candidates.addMasked(good[0], masked, share, random);
    candidates.addNear(good, near, share, random);
    candidates.addEnds(good, ends, random);
    candidates.keepAllowed(good, random);
    this.#score(candidates);
    const order = orderOf(candidates);
    const climbed = this.#starts(candidates, order, starts).map((place) => this.#climb(candidates, place, random));
    return this.#best(candidates, order, climbed);
  }

  /** Every configuration, if there are few. */
  #whole(): Candidates | undefined {
    const { dimensions, size } = this.#encoding;
    const { isFixed, fixed } = this.#region;
    const counts = dimensions.map(({ levels }, j) => (isFixed[j] ? 1 : levels));
    const total = counts.reduce((product, count) => product * count, 1);
    if (!(total <= SMALL_SPACE)) return undefined;
    const all: Float64Array[] = [];
    for (let index = 0; index < total; index++) {
      const point = new Float64Array(size);
      let rest = index;
      for (let j = 0; j < size; j++) {
        const count = counts[j];
        point[j] = isFixed[j] ? fixed[j] : this.#encoding.level(j, rest % count);
        rest = Math.floor(rest / count);
      }
      all.push(point);
    }
    const candidates = new Candidates(this.#encoding, total, this.#region);
    candidates.addAll(all);
    this.#score(candidates);
    return candidates;
  }

  #score(candidates: Candidates): void {
    this.#acquisition.values(candidates.points, candidates.masks, candidates.count, candidates.scores);
    candidates.refuse();
  }

  /** Places of the best candidates that differ from each other. */
  #starts(candidates: Candidates, order: Uint32Array, count: number): number[] {
    const starts: number[] = [];
    for (const place of order) {
      if (starts.length >= count) break;
      if (starts.length < 2 || starts.every((other) => this.#differ(candidates, place, other))) starts.push(place);
    }
    return starts;
  }

  #differ(candidates: Candidates, a: number, b: number): boolean {
    const { points, masks } = candidates;
    const { size } = this.#encoding;
    const [from, to] = [a * size, b * size];
    let squares = 0;
    for (let j = 0; j < size; j++) {
      if (masks[from + j]) squares += (points[from + j] - points[to + j]) ** 2;
    }
    return squares > 1e-3 * size;
  }

  #climb(candidates: Candidates, place: number, random: Random): Found {
    const point = candidates.point(place).slice();
    const active = candidates.mask(place).slice();
    let score = candidates.scores[place];
    for (let round = 0; round < ROUNDS; round++) {
      const before = score;
      score = this.#climbSlopes(point, active, score);
      const scanned = this.#scan(point, active, score, random);
      const hasMoved = scanned > score;
      score = scanned;
      if (!hasMoved || score - before < 1e-3) break;
    }
    if (this.#encoding.feasible) score = this.#wander(point, active, score, random);
    return { point, active, score };
  }

  #climbSlopes(point: Float64Array, active: Uint8Array, score: number): number {
    const moving = this.#smooth.filter((j) => active[j]);
    if (moving.length === 0) return score;
    const x = Float64Array.from(moving, (j) => point[j]);
    const trial = point.slice();
    const slopes = new Float64Array(point.length);
    const descend = (at: Float64Array, gradient: Float64Array) => {
      for (let i = 0; i < moving.length; i++) trial[moving[i]] = at[i];
      const value = this.#acquisition.valueWithSlopes(trial, active, slopes);
      for (let i = 0; i < moving.length; i++) gradient[i] = -slopes[moving[i]];
      return -value;
    };
    minimise(descend, x, {
      lower: Float64Array.from(moving, (j) => this.#region.lower[j]),
      upper: Float64Array.from(moving, (j) => this.#region.upper[j]),
      iterations: ITERATIONS,
      tolerance: 1e-4,
      firstStep: 0.1,
    });
    for (const [i, j] of moving.entries()) {
      trial[j] = x[i];
      this.#encoding.snap(trial, j);
    }
    if (!this.#retreat(trial, point, active)) return score;
    const next = this.#acquisition.value(trial, active);
    if (!(next > score)) return score;
    point.set(trial);
    return next;
  }

  /** Moves the end of a climb back towards its start by halves until it satisfies the conditions of the space; whether it does. */
  #retreat(trial: Float64Array, start: Float64Array, active: Uint8Array): boolean {
    for (let halving = 0; halving < RETREATS; halving++) {
      if (this.#encoding.isAllowed(trial, active)) return true;
      for (const j of this.#smooth) {
        trial[j] = (trial[j] + start[j]) / 2;
        this.#encoding.snap(trial, j);
      }
    }
    return this.#encoding.isAllowed(trial, active);
  }

  /** Steps of several coordinates at once: along the border of what the conditions of the space allow a single one leads out of it. */
  #wander(point: Float64Array, active: Uint8Array, score: number, random: Random): number {
    let highest = score;
    const share = Math.max(0.4, 2 / point.length);
    for (let turn = 0; turn < WANDERINGS; turn++) {
      const candidates = new Candidates(this.#encoding, WANDERERS, this.#region);
      candidates.addNear([point.slice()], WANDERERS, share, random);
      this.#score(candidates);
      const [best] = orderOf(candidates);
      if (!(candidates.scores[best] > highest)) continue;
      highest = candidates.scores[best];
      point.set(candidates.point(best));
      active.set(candidates.mask(best));
    }
    return highest;
  }

  /** Makes the best single change of a discrete coordinate, if any is better; returns the score. */
  #scan(point: Float64Array, active: Uint8Array, score: number, random: Random): number {
    const changes: [j: number, place: number][] = [];
    for (const j of this.#scanned)
      if (active[j]) for (const place of this.#levels(point, j, random)) changes.push([j, place]);
    if (changes.length === 0) return score;
    const candidates = new Candidates(this.#encoding, changes.length, this.#region);
    candidates.addAll(
      changes.map(([j, place]) => {
        const changed = point.slice();
        changed[j] = place;
        return changed;
      }),
    );
    this.#score(candidates);
    let best = -1;
    let highest = score;
    for (let place = 0; place < candidates.count; place++) {
      if (candidates.scores[place] > highest) {
        highest = candidates.scores[place];
        best = place;
      }
    }
    if (best < 0) return score;
    point.set(candidates.point(best));
    active.set(candidates.mask(best));
    return highest;
  }

  /** Places that a discrete coordinate may be moved to: all others of a few, neighbours on a long grid. */
  #levels(point: Float64Array, j: number, random: Random): number[] {
    const { kind, levels } = this.#encoding.dimensions[j];
    const at = point[j];
    const places: number[] = [];
    if (kind === DimensionKind.categorical) {
      for (let draw = 0; draw < Math.min(levels, MOST_SCANNED); draw++) {
        const place = levels <= MOST_SCANNED ? draw : random.integer(levels);
        if (place !== at) places.push(place);
      }
      return places;
    }
    if (levels <= FEW_LEVELS) {
      for (let level = 0; level < levels; level++) {
        const place = this.#encoding.level(j, level);
        if (place !== at && this.#isInside(j, place)) places.push(place);
      }
      return places;
    }
    for (const steps of [-3, -1, 1, 3]) {
      const place = this.#neighbour(at, j, steps);
      if (place !== at && this.#isInside(j, place)) places.push(place);
    }
    return places;
  }

  #neighbour(place: number, j: number, steps: number): number {
    const { scale } = this.#encoding.dimensions[j];
    if (scale === null) return place;
    const internal = this.#encoding.internalAt(j, place) + steps * (scale.step ?? 0);
    return this.#encoding.place(j, Math.min(Math.max(internal, scale.low), scale.high));
  }

  #isInside(j: number, place: number): boolean {
    return place >= this.#region.lower[j] && place <= this.#region.upper[j];
  }

  /** The best that is not taken, of equals one that was climbed to; the best of all when everything is. */
  #best(candidates: Candidates, order: Uint32Array, climbed: readonly Found[]): Found {
    const peaks = climbed.toSorted((a, b) => b.score - a.score);
    let peak = 0;
    let place = 0;
    let first: Found | undefined;
    while (peak < peaks.length || place < order.length) {
      const one = peaks[peak];
      const other = order[place];
      const isPeak = one !== undefined && (place === order.length || !(one.score < candidates.scores[other]));
      const found = isPeak ? one : foundAt(candidates, other);
      if (isPeak) peak++;
      else place++;
      if (found.score > Number.NEGATIVE_INFINITY && !this.#isTaken(found.point, found.active)) return found;
      first ??= found;
    }
    return first as Found;
  }
}

function foundAt(candidates: Candidates, place: number): Found {
  return {
    point: candidates.point(place),
    active: candidates.mask(place),
    score: candidates.scores[place],
  };
}

/** Places of candidates, the best first, of equals the first. */
function orderOf({ scores, count }: Candidates): Uint32Array {
  return Uint32Array.from({ length: count }, (_, place) => place).sort((a, b) => scores[b] - scores[a] || a - b);
}
