import type { Random } from '../../random.ts';
import type { Params } from '../../space/distributions.ts';
import type { Encoding } from '../encoding.ts';
import { type Acquisition, LogExpectedImprovement, LogFeasibility, type Merit, MeritSum } from './acquisition.ts';
import type { Region } from './candidates.ts';
import { LogHypervolumeImprovement } from './hypervolumeImprovement.ts';
import type { GpModel } from './model/gpModel.ts';
import { type Found, Search, type SearchOptions } from './search.ts';
import { frontOf, type Standing, standingOf } from './standing.ts';
import { boxAround } from './trustRegion.ts';

/** Good points that a search looks around. */
const MOST_GOOD = 8;
const GLOBAL: Omit<SearchOptions, 'share'> = { spread: 256, masked: 0, near: 160, ends: 32, starts: 5 };
const LOCAL: Omit<SearchOptions, 'share'> = { spread: 0, masked: 200, near: 40, ends: 0, starts: 4 };

/**
 * What is to be improved on lies so far from the best posterior mean to the best value seen. They differ only under noise: with
 * the mean alone a search repeats one place, whose mean it knows ever better; with the luckiest value alone it rarely does.
 */
const AMBITION = 0.5;

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
   * What a new trial is judged by: log EI below the best feasible point, observed or running (see `AMBITION`), or the
   * expected gain of hypervolume, plus the log probability of being feasible; the latter alone until something feasible was
   * seen.
   */
  #acquisition(random: Random, threshold?: number): Acquisition {
    const model = this.#model;
    const merits: Merit[] = [];
    if (this.#standing.isFeasible) merits.push(this.#gain(random, threshold));
    if (model.constraints.length > 0) merits.push(new LogFeasibility(model.constraints));
    return new MeritSum(merits, model.encoding.size);
  }

  #gain(random: Random, threshold?: number): Merit {
    const model = this.#model;
    const { ranked } = this.#standing;
    if (model.objectives.length === 1) {
      const mean = model.means(0)[ranked[0]];
      const ambitious = mean + AMBITION * (Math.min(mean, model.lowestSeen(0)) - mean);
      return new LogExpectedImprovement(model.objectives[0], threshold ?? ambitious);
    }
    const { objectives, points, reference } = frontOf(model, ranked, random);
    const surrogates = objectives.map((objective) => model.objectives[objective]);
    return new LogHypervolumeImprovement(surrogates, points, reference);
  }

  /** Posterior mean of the incumbent in the first objective, in units of z; undefined while nothing is feasible. */
  get best(): number | undefined {
    const { ranked, isFeasible } = this.#standing;
    return isFeasible ? this.#model.means(0)[ranked[0]] : undefined;
  }

  /**
   * The best point by posterior mean among the feasible observed and running ones, with latent values for what it lacks;
   * undefined while nothing is feasible.
   */
  get incumbent(): Float64Array | undefined {
    const [best] = this.#standing.ranked;
    return this.#standing.isFeasible ? this.#latent(best) : undefined;
  }

  /** The highest acquisition in a region. `threshold` is what is to be improved on instead of the incumbent, in units of z. */
  global(
    region: Region,
    random: Random,
    { threshold, effort = 1 }: { threshold?: number; effort?: number } = {},
  ): Found {
    const { encoding } = this.#model;
    const share = Math.max(0.25, 1.5 / encoding.size);
    const good = this.#standing.ranked.slice(0, MOST_GOOD).map((place) => this.#latent(place));
    const options = {
      spread: Math.ceil(GLOBAL.spread * effort),
      masked: 0,
      near: Math.ceil(GLOBAL.near * effort),
      ends: Math.ceil(GLOBAL.ends * effort),
      starts: Math.ceil(GLOBAL.starts * effort),
      share,
    };
    return this.#search(region, random, threshold).run(good, options, random);
  }

  /** The highest acquisition in a trust region of this side around the incumbent; as `global` while there is none. */
  local(length: number, region: Region, random: Random): Found {
    const centre = this.incumbent;
    const [surrogate] = this.#model.objectives;
    if (!centre || !surrogate) return this.global(region, random);
    const box = boxAround(centre, length, region, surrogate);
    const share = Math.min(1, Math.max(0.25, 6 / centre.length));
    return this.#search(box, random).run([centre], { ...LOCAL, share }, random);
  }

  #search(region: Region, random: Random, threshold?: number): Search {
    const { encoding, rows } = this.#model;
    return new Search(encoding, this.#acquisition(random, threshold), region, (point, active) =>
      rows.wasTried(point, active, this.#number),
    );
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
        const value = this.#point(other)[j];
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
    return row === undefined ? running[place - chosen.length] : rows.point(row);
  }
}
