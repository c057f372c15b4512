import { Random } from '../../random.ts';
import { ensureLength } from '../../study/columns/growable.ts';
import type { ParameterColumn } from '../../study/columns/parameterColumn.ts';
import type { History } from '../../study/history.ts';
import { Direction, isFinished, TrialState } from '../../study/states.ts';
import { NumberSet } from '../tpe/numberSet.ts';
import { violationOf } from '../tpe/ranking.ts';
import { Thinning } from '../tpe/thinning.ts';
import { FastRandom } from './fastRandom.ts';
import { LIAR_SCORE, Losses } from './losses.ts';
import { RegressionForest } from './regressionForest.ts';
import type { UnitSpace } from './unitSpace.ts';

/** The configurations of a history, whatever became of them. */
class SeenPoints {
  readonly #space: UnitSpace;
  readonly #counts = new Map<string, number>();
  /** What unfinished trials counted as: they may get further parameters. */
  readonly #open = new Map<number, string>();

  constructor(space: UnitSpace) {
    this.#space = space;
  }

  /** Takes in what a trial is now. */
  take(history: History, columns: readonly (ParameterColumn | undefined)[], number: number): void {
    this.drop(number);
    const key = columns.map((column) => (column?.has(number) ? column.internalAt(number) : Number.NaN)).join();
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (!isFinished(history.state(number))) this.#open.set(number, key);
  }

  /** Forgets an unfinished trial. */
  drop(number: number): void {
    const key = this.#open.get(number);
    if (key === undefined) return;
    this.#open.delete(number);
    const rest = (this.#counts.get(key) as number) - 1;
    if (rest > 0) this.#counts.set(key, rest);
    else this.#counts.delete(key);
  }

  has(point: Float64Array): boolean {
    return this.#counts.has(Array.from(point, (coordinate, index) => this.#internal(index, coordinate)).join());
  }

  #internal(index: number, coordinate: number): number {
    return Number.isNaN(coordinate) ? coordinate : this.#space.internal(index, coordinate);
  }
}

/** Of very many trials the best ones stay in the model besides those that `Thinning` keeps. */
const BEST_KEPT = 128;
/** How many of the best trials are asked for the incumbent and as starting points. */
const LEADERS = 50;

/**
 * A forest over the finished trials of a history. Up to 128 trials it is grown for every suggestion; later only when the
 * trial number passes a multiple of 1/32 to 1/64 of itself (at most 128), and trials that came since then are added to its
 * leaves: the cost of a suggestion is bounded, and what the model is depends on the trial number and the history alone.
 */
export class ForestModel {
  readonly space: UnitSpace;
  readonly forest = new RegressionForest();
  readonly seen: SeenPoints;
  readonly #history: History;
  readonly #seed: number;
  /** A parameter that every trial of the model has; −1: any parameter will do. */
  readonly #required: number;
  #columns: (ParameterColumn | undefined)[] = [];
  #revision = 0;
  #number = -1;
  #epoch = -1;
  /** `width` coordinates a trial number. */
  #points = new Float64Array(0);
  readonly #settled = new NumberSet();
  readonly #isRow = new NumberSet();
  /** Losses of feasible complete trials with one objective, NaN for others. */
  #plainLosses = new Float64Array(0);
  #targets = new Float64Array(0);
  #rows: readonly number[] = [];
  #losses: Losses | undefined;
  #rowLeaders: readonly number[] = [];
  /** What was added to the forest since it was grown, running trials left out. */
  #later: readonly number[] = [];
  #leaders: readonly number[] = [];

  constructor(history: History, space: UnitSpace, { seed, required = -1 }: { seed: number; required?: number }) {
    this.#history = history;
    this.space = space;
    this.#seed = seed;
    this.#required = required;
    this.seen = new SeenPoints(space);
  }

  /** The trial that the model was brought to. */
  get number(): number {
    return this.#number;
  }

  /** `width` coordinates a trial number, at least of the leaders. */
  get points(): Float64Array {
    return this.#points;
  }

  /** Numbers of the best finished trials, the best first. */
  get leaders(): readonly number[] {
    return this.#leaders;
  }

  /** Brings the model to the state of the history as trial `number` sees it. False: there are no trials to learn from. */
  update(number: number): boolean {
    if (number === this.#number && this.#revision === this.#history.revision) return this.#rows.length > 0;
    const epoch = this.#history.directions.length > 1 ? number : epochOf(number);
    const isStale = this.#takeIn(number) || epoch !== this.#epoch;
    this.#number = number;
    this.#epoch = epoch;
    if (isStale) this.#grow();
    if (this.#rows.length === 0) return false;
    this.#addLater();
    return true;
  }

  /** Reads what changed; returns whether a trial that the forest was grown without has ended. */
  #takeIn(number: number): boolean {
    const history = this.#history;
    const changed = history.changedSince(this.#revision);
    if (this.#number >= 0 && this.#number < history.length) changed.push(this.#number);
    this.#revision = history.revision;
    this.#columns = this.space.columns(history);
    let isStale = false;
    for (const one of changed) {
      if (this.#settled.has(one)) continue;
      if (one === number) {
        this.seen.drop(one);
        continue;
      }
      if (history.state(one) !== TrialState.waiting) this.seen.take(history, this.#columns, one);
      if (!isFinished(history.state(one))) continue;
      this.#settled.add(one);
      if (!this.#read(one)) continue;
      this.#isRow.add(one);
      this.#plainLosses = ensureLength(this.#plainLosses, one + 1, Number.NaN);
      this.#plainLosses[one] = plainLoss(history, one);
      if (one < this.#epoch) isStale = true;
    }
    return isStale;
  }

  #read(number: number): boolean {
    const { width } = this.space;
    this.#points = ensureLength(this.#points, (number + 1) * width, Number.NaN);
    const present = this.space.read(this.#columns, number, this.#points, number * width);
    return this.#required < 0 ? present > 0 : !Number.isNaN(this.#points[number * width + this.#required]);
  }

  #grow(): void {
    this.#rows = this.#chosenRows();
    if (this.#rows.length === 0) return;
    const losses = new Losses(this.#history, this.#rows, this.#seed, this.#number);
    this.#losses = losses;
    this.#targets = ensureLength(this.#targets, this.#history.length, 0);
    for (const row of this.#rows) this.#targets[row] = losses.score(row);
    const ranked = this.#ranked(this.#rows);
    this.#rowLeaders = ranked.slice(0, LEADERS);
    this.#later = [];
    this.#leaders = this.#rowLeaders;
    const random = new FastRandom(new Random(this.#seed, this.#epoch, 'forest'));
    const { choices } = this.space;
    const rows = Int32Array.from(ranked);
    this.forest.grow({ points: this.#points, targets: this.#targets, rows, choices }, random);
  }

  #chosenRows(): number[] {
    const thinning = new Thinning(this.#epoch);
    const limit = this.#bestLimit();
    const rows: number[] = [];
    let best = 0;
    for (let number = 0; number < this.#epoch; number++) {
      if (!this.#isRow.has(number)) continue;
      const isBest = this.#plainLosses[number] <= limit && best < 2 * BEST_KEPT;
      if (isBest) best++;
      if (isBest || thinning.keeps(number)) rows.push(number);
    }
    return rows;
  }

  /** The loss that `BEST_KEPT` trials reach, where there are so many that trials are left out. */
  #bestLimit(): number {
    if (new Thinning(this.#epoch).share >= 1) return Number.NEGATIVE_INFINITY;
    const losses = this.#plainLosses.subarray(0, this.#epoch).slice().sort();
    return losses[BEST_KEPT] ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Trials that ended since the forest was grown, in the order of their numbers, and running ones, which count as mediocre ones (a
   * constant liar). Those that the forest has already, from the ask before, stay.
   */
  #addLater(): void {
    const history = this.#history;
    const { width } = this.space;
    const losses = this.#losses as Losses;
    const later: number[] = [];
    this.#targets = ensureLength(this.#targets, history.length, 0);
    for (let number = this.#epoch; number < history.length; number++) {
      if (this.#isRow.has(number) && number !== this.#number) later.push(number);
    }
    let kept = 0;
    while (kept < this.#later.length && this.#later[kept] === later[kept]) kept++;
    this.forest.forgetAdded(kept);
    for (const number of later.slice(kept)) {
      this.#targets[number] = losses.score(number);
      this.forest.add(this.#points, number * width, this.#targets[number]);
    }
    for (const number of [...history.running].sort((a, b) => a - b)) {
      if (number !== this.#number && this.#read(number)) this.forest.add(this.#points, number * width, LIAR_SCORE);
    }
    if (later.length > kept || kept < this.#later.length) {
      this.#leaders = this.#ranked([...this.#rowLeaders, ...later]).slice(0, LEADERS);
    }
    this.#later = later;
  }

  #ranked(numbers: readonly number[]): number[] {
    const target = (number: number): number => this.#targets[number];
    return [...numbers].sort((a, b) => target(a) - target(b) || a - b);
  }
}

/** The trial number that the forest of trial `number` is grown at. */
function epochOf(number: number): number {
  if (number <= 128) return number;
  const length = Math.min(128, 2 ** (Math.floor(Math.log2(number)) - 5));
  return Math.floor(number / length) * length;
}

function plainLoss(history: History, number: number): number {
  if (history.state(number) !== TrialState.complete || violationOf(history, number) > 0) return Number.NaN;
  const value = history.value(number);
  return history.directions[0] === Direction.maximize ? -value : value;
}
