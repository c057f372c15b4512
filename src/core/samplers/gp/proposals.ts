import type { Random } from '../../random.ts';
import { type Acquisition, LogExpectedImprovement, LogFeasibility, type Merit, MeritSum } from './acquisition.ts';
import type { Region } from './candidates.ts';
import type { Encoding } from './encoding.ts';
import type { GpModel } from './gpModel.ts';
import { LogHypervolumeImprovement } from './hypervolumeImprovement.ts';
import { type Found, Search, type SearchOptions } from './search.ts';
import { frontOf, type Standing, standingOf } from './standing.ts';
import type { Surrogate } from './surrogate.ts';

/** Good points that a search looks around. */
const MOST_GOOD = 8;
const GLOBAL: Omit<SearchOptions, 'share'> = { spread: 256, near: 160, ends: 32, starts: 5 };

/** The whole space but for the fixed coordinates. */
export function wholeRegion(encoding: Encoding, fixed: Float64Array, isFixed: Uint8Array): Region {
  return {
    fixed,
    isFixed,
    lower: new Float64Array(encoding.size),
    upper: new Float64Array(encoding.size).fill(1),
  };
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
  acquisition(random: Random): Acquisition {
    const model = this.#model;
    const merits: Merit[] = [];
    if (this.#standing.isFeasible) merits.push(this.#gain(random));
    if (model.constraints.length > 0) merits.push(new LogFeasibility(model.constraints));
    return new MeritSum(merits, model.encoding.size);
  }

  #gain(random: Random): Merit {
    const model = this.#model;
    const { ranked } = this.#standing;
    if (model.objectives.length === 1) {
      const threshold = model.means(0)[ranked[0] as number] as number;
      return new LogExpectedImprovement(model.objectives[0] as Surrogate, threshold);
    }
    const { objectives, points, reference } = frontOf(model, ranked, random);
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

  /** The highest acquisition in a region. */
  global(region: Region, random: Random): Found {
    const { encoding } = this.#model;
    const share = Math.max(0.25, 1.5 / encoding.size);
    return this.#search(region, random).run(this.#good(), { ...GLOBAL, share }, random);
  }

  #search(region: Region, random: Random): Search {
    const { encoding, rows } = this.#model;
    return new Search(encoding, this.acquisition(random), region, (point, active) =>
      rows.wasTried(point, active, this.#number),
    );
  }

  #good(): Float64Array[] {
    return this.#standing.ranked.slice(0, MOST_GOOD).map((place) => this.#latent(place));
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
