import type { FastRandom } from './fastRandom.ts';
import type { UnitSpace } from './unitSpace.ts';

/** What moves take from the trials: their coordinates, and which are the best. */
export interface KnownPoints {
  readonly space: UnitSpace;
  /** `width` coordinates a trial number. */
  readonly points: Float64Array;
  readonly leaders: readonly number[];
}

/** Draws and moves points of a space, conditions kept, given coordinates left alone. */
export class PointMoves {
  readonly #space: UnitSpace;
  readonly #known: KnownPoints;
  readonly #fixed: Float64Array;
  readonly #random: FastRandom;
  readonly #share: number;
  /** By parameter, the best trial that has it; −1 for none. */
  readonly #donors: Int32Array;

  constructor(known: KnownPoints, fixed: Float64Array, random: FastRandom) {
    this.#space = known.space;
    this.#known = known;
    this.#fixed = fixed;
    this.#random = random;
    this.#share = Math.max(0.25, 1.5 / known.space.width);
    this.#donors = this.#space.choices.map((_, index) => this.#donorOf(index));
  }

  /** Fills `point` uniformly. */
  draw(point: Float64Array): void {
    for (let index = 0; index < this.#space.width; index++) {
      const given = this.#fixed[index];
      point[index] = !Number.isNaN(given)
        ? given
        : this.#space.isActive(index, point)
          ? this.#uniform(index)
          : Number.NaN;
    }
  }

  /**
   * Copies the point at `offset` with each coordinate moved with probability max(¼, 1.5 / d): a numeric one by a normal
   * step of about `sigma`, at least about one cell of a grid, a choice drawn anew. What becomes active so takes the value
   * of the best trial that has it, or every other time a new one.
   */
  move(points: Float64Array, offset: number, point: Float64Array, sigma: number): void {
    const { width } = this.#space;
    const always = this.#random.integer(width);
    const fromDonor = this.#random.uniform() < 0.5;
    for (let index = 0; index < width; index++) {
      const given = this.#fixed[index];
      if (!Number.isNaN(given)) {
        point[index] = given;
        continue;
      }
      if (!this.#space.isActive(index, point)) {
        point[index] = Number.NaN;
        continue;
      }
      const before = points[offset + index];
      const moves = index === always || this.#random.uniform() < this.#share;
      if (Number.isNaN(before)) point[index] = this.#activated(index, fromDonor);
      else point[index] = moves ? this.#moved(index, before, sigma) : before;
    }
  }

  #activated(index: number, fromDonor: boolean): number {
    const donor = this.#donors[index];
    if (!fromDonor || donor < 0) return this.#uniform(index);
    return this.#known.points[donor * this.#space.width + index];
  }

  #moved(index: number, before: number, sigma: number): number {
    const choices = this.#space.choices[index];
    if (choices > 0) return this.#random.integer(choices);
    const step = Math.max(sigma, 0.8 / this.#space.levels[index]);
    return this.#space.snap(index, before + step * this.#random.normal());
  }

  #uniform(index: number): number {
    const choices = this.#space.choices[index];
    return choices > 0 ? this.#random.integer(choices) : this.#space.snap(index, this.#random.uniform());
  }

  #donorOf(index: number): number {
    const { points, leaders, space } = this.#known;
    return leaders.find((number) => !Number.isNaN(points[number * space.width + index])) ?? -1;
  }
}
