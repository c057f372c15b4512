import { Encoding } from '../../samplers/encoding.ts';
import { fitHyperparameters } from '../../samplers/gp/model/fit.ts';
import { KernelLayout } from '../../samplers/gp/model/kernelLayout.ts';
import { type Posterior, Surrogate } from '../../samplers/gp/model/surrogate.ts';
import { TrialRows } from '../../samplers/gp/model/trialRows.ts';
import { floatDistribution } from '../../space/distributionRules.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { presentHistory } from '../../study/living/presentHistory.ts';
import type { Ladder } from '../rungs/ladder.ts';
import type { RungBook } from '../rungs/rungBook.ts';
import { chooseRows, type LossRows, lossRows, normalised } from './lossRows.ts';
import { fidelityOf, TrainedTrials } from './trainedTrials.ts';

/** Rows that hyperparameters are fitted to, and that the process is conditioned on, at most: an ask costs the same from then on. */
const MOST_FITTED = 100;
const MOST_ROWS = 240;
const FIT_ITERATIONS = 20;
/** As for other losses of trainings (see `GpModel`). */
const NOISE_RATE = 4;
/** In larger spaces an input warp a dimension would cost more than it tells. */
const MOST_WARPED = 40;

/** What is to be improved on lies so far from the best posterior mean to the best value seen (see `Proposals`). */
const AMBITION = 0.5;

/** A trial's configuration and what it is expected to come to. */
export interface Expected {
  readonly number: number;
  /** Its place in the space, then the goal's fidelity. */
  readonly point: Float64Array;
  /** In units of the model; smaller is better. */
  readonly mean: number;
}

/** What the process is conditioned on. */
interface Observations {
  readonly points: Float64Array;
  readonly z: Float64Array;
}

/** How far trainings are foreseen: to the highest step that enough trials have reached. */
export interface Goal {
  readonly rung: number;
  readonly fidelity: number;
  /** All trials, the best first. */
  readonly expected: readonly Expected[];
  /** What a new trial is to improve on there: near the lowest mean of a trial that has come so far. */
  readonly threshold: number;
}

/**
 * One Gaussian process over configurations *and* how far they were trained: the logarithm of the step is one more dimension of
 * the product kernel, so that a short training tells as much about a long one as the data say (multi-task and freeze-thaw
 * optimisation: Swersky, Snoek, Adams 2013, 2014; fidelities as a continuous dimension: Kandasamy, Dasarathy, Schneider,
 * Póczos, "BOCA", ICML 2017). Rows are the values of all trials at the steps of the ladder, moved by what trials gain from
 * there to a full training in the median, so that the process describes who gains more than others.
 *
 * A function of the history alone: hyperparameters are fitted anew from the default ones whenever something has changed.
 */
export class TrainingModel {
  /** Of the space, and of the space with the fidelity as its last dimension. */
  readonly plain: Encoding;
  readonly encoding: Encoding;
  readonly surrogate: Surrogate;
  /** Which configurations were tried. */
  readonly tried: TrialRows;
  #trials: TrainedTrials;
  readonly #book: RungBook;
  readonly #space: SearchSpace;
  #rows: LossRows | undefined;
  /** Values of all rows. */
  #z: Float64Array = new Float64Array(0);
  #observations: Observations | undefined;
  #theta: Float64Array | undefined;
  #revision = -1;
  #ladder: Ladder = [];
  readonly #goals = new Map<number, Goal>();

  constructor(book: RungBook, space: SearchSpace) {
    this.#book = book;
    this.#space = space;
    this.plain = new Encoding(space);
    this.encoding = new Encoding({
      ...space,
      parameters: [...space.parameters, { name: '\u0000fidelity', distribution: floatDistribution(0, 1) }],
    });
    this.surrogate = new Surrogate(new KernelLayout(this.encoding, { warps: this.encoding.size <= MOST_WARPED }));
    this.#trials = new TrainedTrials(this.plain, this.#space);
    this.tried = new TrialRows(presentHistory(book.history, space, 'evidence'), this.plain);
  }

  /** Takes in the history; false while no finite value is there, and for trials with constraints, which it does not know. */
  follow(ladder: Ladder): boolean {
    const { revision } = this.#book.history;
    const isOther = this.#ladder.at(-1) !== ladder.at(-1);
    // What is known of the trials is known by the steps of the ladder.
    if (isOther) this.#trials = new TrainedTrials(this.plain, this.#space);
    if (isOther || this.#revision !== revision) this.#learn(ladder);
    this.#revision = revision;
    this.#ladder = ladder;
    return this.#rows !== undefined;
  }

  /** Number of trials it has learnt from. */
  get trials(): number {
    return this.#rows?.trials.length ?? 0;
  }

  /** What is expected of all trials at the highest step that `enough` of them have reached (else the lowest). Call `follow` first. */
  goal(enough: number): Goal {
    const known = this.#goals.get(enough);
    if (known) return known;
    const { trials } = this.#rows as LossRows;
    let rung = this.#ladder.length - 1;
    while (rung > 0 && trials.filter(({ losses }) => losses.length > rung).length < enough) rung--;
    const goal = this.#goalAt(rung);
    this.#goals.set(enough, goal);
    return goal;
  }

  /**
   * The process as trial `number` sees it, the running trials believed to come to the fidelity as expected. Call `follow` first.
   */
  surrogateFor(number: number, fidelity: number): Surrogate {
    this.#condition();
    for (const point of this.tried.running(number)) this.surrogate.believe(Float64Array.of(...point, fidelity));
    return this.surrogate;
  }

  #learn(ladder: Ladder): void {
    this.#goals.clear();
    this.tried.update();
    const trials = this.#trials.read(this.#book, ladder);
    this.#rows = undefined;
    if (this.#trials.isConstrained || !trials.some(({ losses }) => losses.some(Number.isFinite))) return;
    const rows = lossRows(trials, ladder.length);
    const z = normalised(rows);
    const fitted = this.#observed(rows, z, chooseRows(rows, z, MOST_FITTED), ladder);
    const options = { iterations: FIT_ITERATIONS, noiseRate: NOISE_RATE, deterministic: false };
    this.#theta = fitHyperparameters(this.surrogate.layout, fitted.points, fitted.z, [], options).theta;
    this.#observations = this.#observed(rows, z, chooseRows(rows, z, MOST_ROWS), ladder);
    this.#rows = rows;
    this.#z = z;
  }

  #observed(rows: LossRows, z: Float64Array, chosen: Int32Array, ladder: Ladder): Observations {
    const { size } = this.encoding;
    const points = new Float64Array(chosen.length * size);
    for (const [index, row] of chosen.entries()) {
      const { point } = rows.trials[rows.owners[row]];
      points.set(point, index * size);
      points[(index + 1) * size - 1] = fidelityOf(ladder, rows.rungs[row]);
    }
    return { points, z: Float64Array.from(chosen, (row) => z[row]) };
  }

  #condition(): void {
    const { points, z } = this.#observations as Observations;
    this.surrogate.condition(this.#theta as Float64Array, points, z);
  }

  #goalAt(rung: number): Goal {
    const rows = this.#rows as LossRows;
    const fidelity = fidelityOf(this.#ladder, rung);
    this.#condition();
    const posterior: Posterior = { mean: 0, deviation: 0 };
    const expected = rows.trials.map(({ number, point }) => {
      const place = Float64Array.of(...point, fidelity);
      this.surrogate.predict(place, null, posterior);
      return { number, point: place, mean: posterior.mean };
    });
    let [best, lowest] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const [row, owner] of rows.owners.entries()) {
      if (rows.rungs[row] !== rung) continue;
      best = Math.min(best, expected[owner].mean);
      lowest = Math.min(lowest, this.#z[row]);
    }
    const threshold = best + AMBITION * (Math.min(best, lowest) - best);
    expected.sort((a, b) => a.mean - b.mean || a.number - b.number);
    return { rung, fidelity, expected, threshold };
  }
}
