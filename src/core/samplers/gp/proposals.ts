import type { Random } from '../../random.ts';
import type { Params } from '../../space/distributions.ts';
import { type Acquisition, LogExpectedImprovement, LogFeasibility, type Merit, MeritSum } from './acquisition.ts';
import type { Region } from './candidates.ts';
import type { Encoding } from './encoding.ts';
import type { GpModel } from './gpModel.ts';
import { LogHypervolumeImprovement } from './hypervolumeImprovement.ts';
import { type Found, Search, type SearchOptions } from './search.ts';
import { frontOf, type Standing, standingOf } from './standing.ts';
import type { Surrogate } from './surrogate.ts';
import { boxAround } from './trustRegion.ts';

/** Good points that a search looks around. */
const MOST_GOOD = 8;
const GLOBAL: Omit<SearchOptions, 'share'> = { spread: 256, masked: 0, near: 160, ends: 32, starts: 5 };
const LOCAL: Omit<SearchOptions, 'share'> = { spread: 0, masked: 200, near: 40, ends: 0, starts: 4 };

/** The whole space but for parameters that are known. */
export function regionWith(encoding: Encoding, known: Params): Region {
  const fixed = new Float64Array(encoding.size);
  const isFixed = new Uint8Array(encoding.size);
  encoding.fix(known, fixed, isFixed);
  return { fixed, isFixed, lower: new Float64Array(encoding.size), upper: new Float64Array(encoding.size).fill(1) };
}

/** Proposals of one prepared model for one trial. */
export class Proposals {
  readonly #model: GpModel;
  readonly #standing: Standing;
  readonly #number: number;

  /** The model must be prepared for trial `number`. */
  constructor(model: GpModel, number: number) {
    this.#model = model;
    this.#number = number;
    this.#standing = standingOf(model);
  }

  /**
   * What a new trial is judged by: log EI below the best posterior mean of a feasible point (observed or running), or the
   * expected gain of hypervolume, plus the log probability of being feasible; the latter alone until something feasible was
   * seen.
   */
  #acquisition(places: readonly number[], random: Random): Acquisition {
    const model = this.#model;
    const merits: Merit[] = [];
    if (this.#standing.isFeasible) merits.push(this.#gain(places, random));
    if (model.constraints.length > 0) merits.push(new LogFeasibility(model.constraints));
    return new MeritSum(merits, model.encoding.size);
  }

  #gain(places: readonly number[], random: Random): Merit {
    const model = this.#model;
    if (model.objectives.length === 1) {
      const threshold = model.means(0)[places[0] as number] as number;
      return new LogExpectedImprovement(model.objectives[0] as Surrogate, threshold);
    }
    const { objectives, points, reference } = frontOf(model, places, random);
    const surrogates = objectives.map((objective) => model.objectives[objective] as Surrogate);
    return new LogHypervolumeImprovement(surrogates, points, reference);
  }

  /**
   * The best point by posterior mean among the feasible observed and running ones, with latent values for what it lacks;
   * undefined while nothing is feasible.
   */
  get incumbent(): Float64Array | undefined {
    const [best] = this.#standing.ranked;
    return this.#standing.isFeasible ? this.#latent(best as number) : undefined;
  }

  /**
   * The highest acquisition in a region. With `ownIncumbent` only trials with the region's fixed coordinates are to be improved
   * on: a branch against its own best.
   */
  global(region: Region, random: Random, { ownIncumbent = false } = {}): Found {
    const { encoding } = this.#model;
    const share = Math.max(0.25, 1.5 / encoding.size);
    const inside = ownIncumbent ? this.#inside(region) : this.#standing.ranked;
    const places = inside.length > 0 ? inside : this.#standing.ranked;
    const good = places.slice(0, MOST_GOOD).map((place) => this.#latent(place));
    return this.#search(region, places, random).run(good, { ...GLOBAL, share }, random);
  }

  /** The highest acquisition in a trust region of this side around the incumbent; as `global` while there is none. */
  local(length: number, region: Region, random: Random): Found {
    const centre = this.incumbent;
    const [surrogate] = this.#model.objectives;
    if (!centre || !surrogate) return this.global(region, random);
    const box = boxAround(centre, length, region, surrogate);
    const share = Math.min(1, Math.max(0.25, 6 / centre.length));
    return this.#search(box, this.#standing.ranked, random).run([centre], { ...LOCAL, share }, random);
  }

  #search(region: Region, places: readonly number[], random: Random): Search {
    const { encoding, rows } = this.#model;
    return new Search(encoding, this.#acquisition(places, random), region, (point, active) =>
      rows.wasTried(point, active, this.#number),
    );
  }

  /** Ranked places whose points have the region's fixed coordinates. */
  #inside({ fixed, isFixed }: Region): readonly number[] {
    return this.#standing.ranked.filter((place) => {
      const point = this.#point(place);
      for (let j = 0; j < point.length; j++) if (isFixed[j] && point[j] !== fixed[j]) return false;
      return true;
    });
  }

  /** A point with the value of the best trial that has one wherever it lacks one (the middle if none has). */
  #latent(place: number): Float64Array {
    const { encoding } = this.#model;
    const full = this.#point(place).slice();
    if (!encoding.isConditional) return full;
    for (let j = 0; j < full.length; j++) {
      if (!Number.isNaN(full[j])) continue;
      full[j] = encoding.spread(j, 0.5);
      for (const other of this.#standing.ranked) {
        const value = this.#point(other)[j] as number;
        if (Number.isNaN(value)) continue;
        full[j] = value;
        break;
      }
    }
    return full;
  }

  #point(place: number): Float64Array {
    const { chosen, rows, running } = this.#model;
    const row = chosen[place];
    return row === undefined ? (running[place - chosen.length] as Float64Array) : rows.point(row);
  }
}
