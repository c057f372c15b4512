import { Random } from '../../../random.ts';
import { OutputWarp } from '../../../stats/outputWarp.ts';
import { isFeasible } from '../../../study/constraints.ts';
import { gradientOf } from '../../../study/gradient.ts';
import type { History } from '../../../study/history.ts';
import { Direction, TrialState } from '../../../study/states.ts';
import { DimensionKind, type Encoding } from '../../encoding.ts';
import { alongAxes } from '../../gradient/axes.ts';
import { violationOf } from '../../tpe/ranking.ts';
import { chooseRows } from '../rowChoice.ts';
import { type DrawOptions, drawHyperparameters } from './drawHyperparameters.ts';
import { fitHyperparameters } from './fit.ts';
import { KernelLayout } from './kernelLayout.ts';
import { defaultTheta, Likelihood } from './likelihood.ts';
import { type Gradient, type SlopeRows, slopeRows } from './slopeRows.ts';
import { Surrogate } from './surrogate.ts';
import { constraintNames, constraintValues, failures, objectiveLosses, scaledConstraint } from './targets.ts';
import { type Only, TrialRows } from './trialRows.ts';

/** Slopes that a model takes at most: those of the best trials. */
const MOST_SLOPES = 96;

/** A longer one, in units of z a side of the cube, says nothing: the training is chaotic there. */
const LONGEST = 1e3;

export interface GpModelOptions {
  /** Whether the objective has no noise. */
  readonly deterministicObjective: boolean;
  /** Rows that a model is conditioned on at most: the best, the newest and an even share of the others. */
  readonly maxRows: number;
  /** Whether the gradients that trials report of a single objective are seen too; false by default. */
  readonly slopes?: boolean;
  /** Whether places are warped (Snoek et al. 2014); true by default. */
  readonly warps?: boolean;
  /** Whether losses are scaled and cut only, so that means are means of them; false by default. */
  readonly isLinear?: boolean;
}

/** What one output is conditioned on. */
interface Observed {
  readonly key: string;
  readonly points: Float64Array;
  /** The values in the units of the model. */
  readonly z: Float64Array;
  /** How they became that; only of an objective. */
  readonly warp?: OutputWarp;
  /** Place among the chosen rows of each of them. */
  readonly rows: Int32Array;
  /** What is known beside them. */
  readonly slopes: SlopeRows | null;
}

/** Rate of the noise variance's prior; Optuna's 30 keeps it too near 0 for the losses of training runs. */
const NOISE_RATE = 4;
/** The same where hyperparameters are drawn: what is told of a noisy study must not count on little noise. */
const DRAWN_NOISE_RATE = 1;
/** An objective is noisy from this share of the variance of its warped losses on. */
const NOISY = 0.2;
/** Every trial is a checkpoint up to here, then every twentieth part. */
const DENSE_CHECKPOINTS = 40;
/** In larger spaces a warp a dimension would cost more than it tells. */
const MOST_WARPED = 40;
const FIRST_MILESTONE = 4;
const LAST_MILESTONE = 256;

/**
 * Gaussian processes over one space and history: one an objective, one a constraint, and one for failures once there are
 * any; running trials believed.
 *
 * Hyperparameters are a function of the history, not of when they were asked for. The fit at n finished trials sees the
 * first n by number and starts from the fit at the last *milestone* before n (4, 6, 8, 11, 16 … 256, factor √2), so that a
 * chain of a dozen fits rebuilds any of them; a trial that ends late undoes the fits that should have seen it. Between
 * *checkpoints* (every n up to 40, then every 5 %) the last fit stands. Whether an objective is noisy (see `OutputWarp`) is told
 * by the milestone's fit too.
 */
export class GpModel {
  readonly rows: TrialRows;
  readonly encoding: Encoding;
  readonly layout: KernelLayout;
  readonly #history: History;
  readonly #options: GpModelOptions;
  /** θ by checkpoint, then by output. */
  readonly #fits = new Map<number, Map<string, Float64Array>>();
  readonly #surrogates = new Map<string, Surrogate>();
  objectives: Surrogate[] = [];
  constraints: Surrogate[] = [];
  /** Rows (places in `rows`) that the surrogates may see, ascending. */
  chosen: Int32Array = new Int32Array(0);
  /** Running trials' points. */
  running: readonly Float64Array[] = [];
  /** How losses of the first objective became its z; undefined when it has none. */
  lossWarp: OutputWarp | undefined;
  #means: Float64Array[] = [];
  #lowestSeen: number[] = [];
  #revision = -1;
  #number = -1;

  constructor(history: History, encoding: Encoding, options: GpModelOptions, only?: Only) {
    this.#history = history;
    this.encoding = encoding;
    this.#options = options;
    this.rows = new TrialRows(history, encoding, only);
    this.layout = new KernelLayout(encoding, {
      warps: options.warps !== false && encoding.size <= MOST_WARPED,
      slopes: options.slopes === true && history.directions.length === 1,
    });
  }

  /** Takes in the history; cheap when nothing changed. Says how many finished trials the objectives' models could see. */
  follow(): number {
    const same = this.rows.update();
    for (const checkpoint of this.#fits.keys()) if (checkpoint > same) this.#fits.delete(checkpoint);
    return this.rows.count;
  }

  /** Whether the first objective is noisy, by the fit of the last milestone. Call `follow` first. */
  get isNoisy(): boolean {
    return this.#isNoisy(this.#inheritedAt(checkpointAt(this.rows.count)).get('objective 0'));
  }

  /** Conditions everything as trial `number` sees it. Call `follow` first; there must be an observed objective. */
  prepare(number: number): void {
    if (this.#revision === this.#history.revision && this.#number === number) return;
    this.#revision = this.#history.revision;
    this.#number = number;
    const { count } = this.rows;
    const checkpoint = checkpointAt(count);
    const fits = this.#fitsAt(checkpoint);
    this.chosen = this.#choose(count);
    this.running = this.rows.running(number);
    this.objectives = [];
    this.constraints = [];
    this.#means = [];
    this.#lowestSeen = [];
    this.lossWarp = undefined;
    for (const observed of this.#observe(this.chosen, this.#inheritedAt(checkpoint))) {
      const surrogate = this.#surrogate(observed.key);
      const theta = fits.get(observed.key) ?? this.#fit(observed, fits, 30);
      surrogate.condition(theta, observed.points, observed.z, observed.slopes);
      for (const point of this.running) surrogate.believe(point);
      const isObjective = observed.key.startsWith('objective');
      (isObjective ? this.objectives : this.constraints).push(surrogate);
      if (isObjective) this.lossWarp ??= observed.warp;
      if (isObjective) this.#means.push(this.#posteriorMeans(surrogate, observed));
    }
  }

  /**
   * Posterior mean losses of the chosen rows, then of the running trials, in one objective; NaN for rows without a value and
   * for infeasible ones.
   */
  means(objective: number): Float64Array {
    return this.#means[objective];
  }

  /** Models of the first objective with hyperparameters that are drawn from their posterior. Call `prepare` first. */
  drawn(options: DrawOptions): Surrogate[] {
    const inherited = this.#inheritedAt(checkpointAt(this.rows.count));
    const [observed] = this.#observe(this.chosen, inherited);
    const fitted = this.#fitsAt(checkpointAt(this.rows.count)).get(observed.key);
    const priors = { noiseRate: DRAWN_NOISE_RATE, deterministic: this.#options.deterministicObjective };
    const likelihood = new Likelihood(this.layout, observed.points, observed.z, priors);
    const start = fitted ?? defaultTheta(this.layout, priors);
    const random = new Random(0, observed.z.length, 'hyperparameters');
    return drawHyperparameters(likelihood, this.layout, start, random, options).map((theta) => {
      const surrogate = new Surrogate(this.layout);
      surrogate.condition(theta, observed.points, observed.z);
      return surrogate;
    });
  }

  /** The lowest z that a feasible chosen row was observed to have; Infinity without one. */
  lowestSeen(objective: number): number {
    return this.#lowestSeen[objective];
  }

  /** How far the chosen rows are from being feasible. */
  violations(): Float64Array {
    return Float64Array.from(this.chosen, (row) => violationOf(this.#history, this.rows.numbers[row]));
  }

  #posteriorMeans(surrogate: Surrogate, { rows, z }: Observed): Float64Array {
    const means = new Float64Array(this.chosen.length + this.running.length).fill(Number.NaN);
    let lowest = Number.POSITIVE_INFINITY;
    for (const [index, row] of rows.entries()) {
      const number = this.rows.numbers[this.chosen[row]];
      if (!isFeasible(this.#history.systemAttrs(number))) continue;
      means[row] = surrogate.meanAt(index);
      lowest = Math.min(lowest, z[index]);
    }
    this.#lowestSeen.push(lowest);
    const posterior = { mean: 0, deviation: 0 };
    for (const [index, point] of this.running.entries()) {
      surrogate.predict(point, null, posterior);
      means[this.chosen.length + index] = posterior.mean;
    }
    return means;
  }

  #choose(count: number): Int32Array {
    const limit = this.#options.maxRows;
    if (count <= limit) return Int32Array.from({ length: count }, (_, row) => row);
    const numbers = this.rows.numbers.slice(0, count);
    const losses = this.#history.directions.map((_, objective) => objectiveLosses(this.#history, numbers, objective));
    return chooseRows(numbers, losses, limit);
  }

  /** θ of every output at a checkpoint, fitted where it is missing. */
  #fitsAt(checkpoint: number): Map<string, Float64Array> {
    const known = this.#fits.get(checkpoint);
    if (known) return known;
    const inherited = this.#inheritedAt(checkpoint);
    const fits = new Map<string, Float64Array>();
    const isMilestone = milestoneBefore(checkpoint + 1) === checkpoint;
    for (const observed of this.#observe(this.#choose(checkpoint), inherited)) {
      fits.set(observed.key, this.#fit(observed, inherited, isMilestone ? 30 : 10));
    }
    this.#fits.set(checkpoint, fits);
    return fits;
  }

  /** θ of every output at the milestone before a checkpoint; empty before the first. */
  #inheritedAt(checkpoint: number): ReadonlyMap<string, Float64Array> {
    const milestone = milestoneBefore(checkpoint);
    return milestone > 0 ? this.#fitsAt(milestone) : new Map();
  }

  #isNoisy(theta: Float64Array | undefined): boolean {
    return theta !== undefined && Math.exp(theta[this.layout.noiseAt]) > NOISY;
  }

  #fit(
    { key, points, z, slopes }: Observed,
    inherited: ReadonlyMap<string, Float64Array>,
    iterations: number,
  ): Float64Array {
    const start = inherited.get(key);
    return fitHyperparameters(this.layout, points, z, start ? [start] : [], {
      iterations,
      noiseRate: NOISE_RATE,
      deterministic: this.#options.deterministicObjective,
      slopes,
    }).theta;
  }

  #observe(chosen: Int32Array, inherited: ReadonlyMap<string, Float64Array>): Observed[] {
    const history = this.#history;
    const numbers = Int32Array.from(chosen, (row) => this.rows.numbers[row]);
    const observed: Observed[] = [];
    const add = (
      key: string,
      values: Float64Array,
      scale: (values: Float64Array) => Pick<Observed, 'z' | 'warp'> & Partial<Observed>,
    ) => {
      const rows = Int32Array.from([...values.keys()].filter((row) => !Number.isNaN(values[row])));
      if (rows.length === 0) return;
      const given = Float64Array.from(rows, (row) => values[row]);
      observed.push({ key, rows, points: this.#gather(chosen, rows), slopes: null, ...scale(given) });
    };
    for (const objective of history.directions.keys()) {
      const key = `objective ${objective}`;
      add(key, objectiveLosses(history, numbers, objective), (losses) => {
        const warp = new OutputWarp(losses, {
          isNoisy: this.#isNoisy(inherited.get(key)),
          isLinear: this.#options.isLinear === true,
        });
        const slopes = this.layout.slopeNoiseAt < 0 ? null : this.#slopes(numbers, warp);
        return { z: losses.map((loss) => warp.apply(loss)), warp, slopes };
      });
    }
    const scaled = (values: Float64Array) => ({ z: scaledConstraint(values) });
    for (const name of constraintNames(history, numbers)) {
      add(`constraint ${name}`, constraintValues(history, numbers, name), scaled);
    }
    const failed = failures(history, numbers);
    if (failed.includes(1)) add('failure', failed, scaled);
    return observed;
  }

  #slopes(numbers: Int32Array, warp: OutputWarp): SlopeRows | null {
    const gradients = reportedGradients(this.#history, numbers, this.encoding, warp);
    return gradients.length > 0 ? slopeRows(gradients, this.encoding.size) : null;
  }

  #gather(chosen: Int32Array, rows: Int32Array): Float64Array {
    const { size } = this.encoding;
    const points = new Float64Array(rows.length * size);
    for (const [index, row] of rows.entries()) points.set(this.rows.point(chosen[row]), index * size);
    return points;
  }

  #surrogate(key: string): Surrogate {
    let surrogate = this.#surrogates.get(key);
    if (!surrogate) {
      surrogate = new Surrogate(this.layout);
      this.#surrogates.set(key, surrogate);
    }
    return surrogate;
  }
}

/** The last checkpoint at or before n. */
export function checkpointAt(n: number): number {
  if (n <= DENSE_CHECKPOINTS) return n;
  let checkpoint = DENSE_CHECKPOINTS;
  for (let next = checkpoint; next <= n; next += Math.max(1, Math.floor(next / 20))) checkpoint = next;
  return checkpoint;
}

/** The last milestone before n; 0 when there is none. */
export function milestoneBefore(n: number): number {
  let milestone = 0;
  for (let exact = FIRST_MILESTONE; Math.round(exact) < n && Math.round(exact) <= LAST_MILESTONE; exact *= Math.SQRT2) {
    milestone = Math.round(exact);
  }
  return milestone;
}

/**
 * What trials reported of the objective's gradient, in the dimensions that are continuous and always there, in units of the
 * warped loss. From the best trial on.
 */
function reportedGradients(history: History, numbers: Int32Array, encoding: Encoding, warp: OutputWarp): Gradient[] {
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const axes = encoding.dimensions.flatMap(({ name, distribution, kind, isConditional, levels }, dimension) => {
    const isOne = kind === DimensionKind.numeric && !isConditional && levels === Number.POSITIVE_INFINITY;
    return isOne && distribution.type !== 'categorical' ? [{ name, distribution, dimension }] : [];
  });
  const found: Gradient[] = [];
  let left = MOST_SLOPES;
  for (const number of ranked(history, numbers, sign)) {
    const gradient = gradientOf(history, number);
    if (!gradient) continue;
    const own = axes.filter(({ name }) => Object.hasOwn(gradient, name));
    const point = new Float64Array(encoding.size);
    if (own.length === 0 || own.length > left || !encoding.read(history, number, point, 0)) continue;
    const places = Float64Array.from(own, ({ dimension }) => point[dimension]);
    const scale = sign * Math.exp(warp.logSlope(sign * history.value(number)));
    const slopes = [...alongAxes(gradient, own, places)].map((slope) => slope * scale);
    if (!(Math.hypot(...slopes) < LONGEST)) continue;
    found.push({ point, dimensions: own.map(({ dimension }) => dimension), slopes });
    left -= own.length;
  }
  return found;
}

/** Complete trials that a finite value was told of, from the best on. */
function ranked(history: History, numbers: Int32Array, sign: number): number[] {
  const complete = [...numbers].filter(
    (number) => history.state(number) === TrialState.complete && Number.isFinite(history.value(number)),
  );
  return complete.sort((a, b) => sign * (history.value(a) - history.value(b)) || a - b);
}
