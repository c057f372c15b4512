import type { Random } from '../../random.ts';
import { DimensionKind, type Encoding } from '../encoding.ts';
import { Sobol } from '../qmc/sobol.ts';

/** Where a search may go: fixed coordinates keep their place; numeric ones lie in [lower, upper]. */
export interface Region {
  /** A point with the fixed coordinates' places. */
  readonly fixed: Float64Array;
  readonly isFixed: Uint8Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Spreads of the steps around good points, in parts of a range. */
const STEPS = [0.2, 0.08, 0.03, 0.01, 0.003];

const CATEGORY_SHARE = 0.3;

/** Of points that violate conditions: steps back, and draws in their place in one search. */
const HALVINGS = 5;
const MOST_DRAWS = 128;

/** Points with their masks, one after the other. */
export class Candidates {
  readonly encoding: Encoding;
  readonly points: Float64Array;
  readonly masks: Uint8Array;
  readonly scores: Float64Array;
  count = 0;
  readonly #region: Region;
  readonly #capacity: number;

  constructor(encoding: Encoding, capacity: number, region: Region) {
    this.encoding = encoding;
    this.#capacity = capacity;
    this.#region = region;
    this.points = new Float64Array(capacity * encoding.size);
    this.masks = new Uint8Array(capacity * encoding.size);
    this.scores = new Float64Array(capacity);
  }

  point(place: number): Float64Array {
    return this.points.subarray(place * this.encoding.size, (place + 1) * this.encoding.size);
  }

  mask(place: number): Uint8Array {
    return this.masks.subarray(place * this.encoding.size, (place + 1) * this.encoding.size);
  }

  /** Scrambled Sobol points of the region. */
  addSpread(count: number, random: Random): void {
    const { size } = this.encoding;
    const sobol = new Sobol(size, random.integer(2 ** 31));
    const unit = new Float64Array(size);
    for (let index = 0; index < count; index++) {
      sobol.point(index, unit, 0);
      this.#add((point) => {
        for (let j = 0; j < size; j++) point[j] = this.#spread(j, unit[j]);
      });
    }
  }

  /** Points near the given ones, in turn: each coordinate moves with the given probability, at least one does. */
  addNear(centres: readonly Float64Array[], count: number, share: number, random: Random): void {
    const { size } = this.encoding;
    for (let index = 0; index < count && centres.length > 0; index++) {
      const centre = centres[index % centres.length];
      const step = STEPS[Math.floor(index / centres.length) % STEPS.length];
      this.#add((point) => {
        point.set(centre);
        const always = random.integer(size);
        for (let j = 0; j < size; j++) {
          if (j === always || random.uniform() < share) point[j] = this.#moved(j, point[j], step, random);
        }
      });
    }
  }

  /**
   * Points of the region that differ from `centre` in a part of the coordinates: each numeric one is drawn anew with probability
   * `share`, each choice with 0.3, at least one is (TuRBO's mask).
   */
  addMasked(centre: Float64Array, count: number, share: number, random: Random): void {
    const { dimensions, size } = this.encoding;
    for (let index = 0; index < count; index++) {
      this.#add((point) => {
        point.set(centre);
        const always = random.integer(size);
        for (let j = 0; j < size; j++) {
          const chance = dimensions[j]?.kind === DimensionKind.numeric ? share : CATEGORY_SHARE;
          if (j === always || random.uniform() < chance) point[j] = this.#spread(j, random.uniform());
        }
      });
    }
  }

  /** The given points with one coordinate, or with two thirds of them, at an end of its range. */
  addEnds(centres: readonly Float64Array[], count: number, random: Random): void {
    const { dimensions } = this.encoding;
    const numeric = [...dimensions.keys()].filter((j) => dimensions[j]?.kind === DimensionKind.numeric);
    for (let index = 0; index < count && centres.length > 0 && numeric.length > 0; index++) {
      const centre = centres[index % centres.length];
      this.#add((point) => {
        point.set(centre);
        const only = index % 3 < 2 ? numeric[random.integer(numeric.length)] : undefined;
        for (const j of numeric) {
          const end = random.uniform() < 0.5 ? 0 : 1;
          if (only === undefined ? random.uniform() < 0.67 : j === only) point[j] = this.#spread(j, end);
        }
      });
    }
  }

  /**
   * Moves points that violate a condition of the space towards one of the given ones, which satisfy them, by halves; where that
   * fails, or none is given, puts feasible draws in their place. `isAllowed` says afterwards which ones satisfy them.
   */
  keepAllowed(centres: readonly Float64Array[], random: Random): void {
    const { encoding, count } = this;
    const { feasible } = encoding;
    if (!feasible) return;
    const { fixed, isFixed } = this.#region;
    const known = encoding.params(fixed, isFixed);
    let draws = MOST_DRAWS;
    for (let place = 0; place < count; place++) {
      const point = this.point(place);
      const mask = this.mask(place);
      if (encoding.isAllowed(point, mask)) continue;
      const centre = centres[place % centres.length];
      for (let halving = 0; centre && halving < HALVINGS && !encoding.isAllowed(point, mask); halving++) {
        this.#halve(point, centre);
        encoding.activate(point, mask);
      }
      if (encoding.isAllowed(point, mask) || draws-- <= 0) continue;
      const drawn = feasible.draw(random, known);
      if (!drawn) break;
      encoding.fix(drawn, point);
      encoding.activate(point, mask);
    }
  }

  isAllowed(place: number): boolean {
    return this.encoding.isAllowed(this.point(place), this.mask(place));
  }

  /** Scores of points that violate a condition of the space are −Infinity. */
  refuse(): void {
    if (!this.encoding.feasible) return;
    for (let place = 0; place < this.count; place++) {
      if (!this.isAllowed(place)) this.scores[place] = Number.NEGATIVE_INFINITY;
    }
  }

  /** Moves a point half the way to another; a choice the whole of it. */
  #halve(point: Float64Array, centre: Float64Array): void {
    const { isFixed } = this.#region;
    for (let j = 0; j < point.length; j++) {
      if (isFixed[j]) continue;
      const isNumeric = this.encoding.dimensions[j].kind === DimensionKind.numeric;
      point[j] = isNumeric ? (point[j] + centre[j]) / 2 : centre[j];
      if (isNumeric) this.encoding.snap(point, j);
    }
  }

  /** The points themselves. */
  addAll(points: readonly Float64Array[]): void {
    for (const one of points) this.#add((point) => point.set(one));
  }

  #add(fill: (point: Float64Array) => void): void {
    if (this.count >= this.#capacity) return;
    const { fixed, isFixed } = this.#region;
    const point = this.point(this.count);
    fill(point);
    for (let j = 0; j < point.length; j++) if (isFixed[j]) point[j] = fixed[j];
    this.encoding.activate(point, this.mask(this.count));
    this.count++;
  }

  #spread(j: number, u: number): number {
    if (this.encoding.dimensions[j]?.kind !== DimensionKind.numeric) return this.encoding.spread(j, u);
    const low = this.#region.lower[j];
    const high = this.#region.upper[j];
    return this.encoding.spread(j, low + u * (high - low));
  }

  #moved(j: number, place: number, step: number, random: Random): number {
    const { kind, levels } = this.encoding.dimensions[j];
    if (kind !== DimensionKind.numeric) return this.encoding.spread(j, random.uniform());
    const wide = Math.max(step, levels === Number.POSITIVE_INFINITY ? 0 : 0.7 / levels);
    const moved = place + wide * random.normal();
    const low = this.#region.lower[j];
    return this.encoding.spread(j, Math.min(Math.max(moved, low), this.#region.upper[j]));
  }
}
