import { Random } from '../../random.ts';
import { DESCENT_RUN, DESCENT_SIDE, DESCENT_STEP } from '../../study/attributes.ts';
import { gradientOf } from '../../study/gradient.ts';
import type { History } from '../../study/history.ts';
import { Direction, isFinished, TrialState } from '../../study/states.ts';
import { AdamDescent } from './adam.ts';
import { type Axis, alongAxes, axesAt, cellWidths, placeOf } from './axes.ts';
import { SpsaDescent } from './spsa.ts';

/** A point that a descent wants evaluated: a trial with the parameters of `start`, but these axes elsewhere. */
export interface Task {
  readonly run: number;
  readonly step: number;
  readonly side: 1 | -1 | 0;
  readonly start: number;
  readonly axes: readonly Axis[];
  readonly point: Float64Array;
}

interface Settings {
  readonly axes: readonly Axis[];
  readonly rate: number;
  readonly seed: number;
}

/** Every descent of a history. Follows it at the cost of its changes. */
export class Descents {
  readonly #history: History;
  readonly #settings: Settings;
  readonly #runs = new Map<number, Descent>();
  /** Descents that go on, in the order they began. */
  readonly #open = new Map<number, Descent>();
  #count = 0;
  #revision = 0;

  constructor(history: History, settings: Settings) {
    this.#history = history;
    this.#settings = settings;
  }

  /** Number of descents so far: that of the next one. */
  get count(): number {
    return this.#count;
  }

  update(): void {
    const touched = new Set<number>();
    for (const number of this.#history.changedSince(this.#revision)) {
      const { [DESCENT_RUN]: run, [DESCENT_STEP]: step, [DESCENT_SIDE]: side = 0 } = this.#history.systemAttrs(number);
      // There can't be more descents or steps than trials: other numbers are damaged.
      if (!isIndex(run, number) || !isIndex(step, number)) continue;
      this.#descent(run).note(number, step, side === 1 || side === -1 ? side : 0);
      touched.add(run);
    }
    this.#revision = this.#history.revision;
    for (const run of touched) {
      const descent = this.#runs.get(run) as Descent;
      descent.advance();
      if (descent.isOver) this.#open.delete(run);
    }
  }

  /** What the best descent that is not waiting for a result wants; undefined when a new one should begin. */
  next(): Task | undefined {
    const open = [...this.#open.values()];
    // Descents of different objectives can't be compared: the first goes on.
    if (this.#history.directions.length === 1) open.sort((a, b) => (a.best < b.best ? -1 : a.best > b.best ? 1 : 0));
    for (const descent of open) {
      const task = descent.next();
      if (task) return task;
    }
    return undefined;
  }

  #descent(run: number): Descent {
    let descent = this.#runs.get(run);
    if (!descent) {
      descent = new Descent(this.#history, run, this.#settings);
      this.#runs.set(run, descent);
      this.#open.set(run, descent);
      this.#count = Math.max(this.#count, run + 1);
    }
    return descent;
  }
}

/**
 * One descent, by Adam where the start reported a gradient, else by SPSA. It is a function of its own trials: a step is
 * taken once all evaluations of the one before have ended, in whatever order.
 */
class Descent {
  readonly #history: History;
  readonly #run: number;
  readonly #settings: Settings;
  /** First trial of each step and side. */
  readonly #trials = new Map<string, number>();
  #axes: readonly Axis[] = [];
  #adam: AdamDescent | undefined;
  #spsa: SpsaDescent | undefined;
  #best = Number.POSITIVE_INFINITY;
  /** The step whose evaluations are wanted or awaited. */
  #step = 0;
  #isOver = false;

  constructor(history: History, run: number, settings: Settings) {
    this.#history = history;
    this.#run = run;
    this.#settings = settings;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The lowest loss so far. */
  get best(): number {
    return this.#best;
  }

  note(number: number, step: number, side: 1 | -1 | 0): void {
    const key = `${step} ${side}`;
    const known = this.#trials.get(key);
    if (known === undefined || number < known) this.#trials.set(key, number);
  }

  /** Takes every step that can be taken. */
  advance(): void {
    while (!this.#isOver && this.#advanceOnce()) this.#step++;
  }

  next(): Task | undefined {
    const start = this.#trials.get('0 0');
    if (this.#isOver || this.#step === 0 || start === undefined) return undefined;
    const common = { run: this.#run, step: this.#step, start, axes: this.#axes };
    if (this.#adam) {
      const isWanted = !this.#trials.has(`${this.#step} 0`);
      return isWanted ? { ...common, side: 0, point: this.#adam.point } : undefined;
    }
    const side = ([1, -1] as const).find((one) => !this.#trials.has(`${this.#step} ${one}`));
    return side && { ...common, side, point: (this.#spsa as SpsaDescent).probe(side, this.#signs()) };
  }

  #signs(): Random {
    return new Random(this.#settings.seed, this.#step, `signs ${this.#run}`);
  }

  #advanceOnce(): boolean {
    if (this.#spsa) return this.#advanceSpsa(this.#spsa);
    const number = this.#trials.get(`${this.#step} 0`);
    if (number === undefined || !isFinished(this.#history.state(number))) return false;
    const loss = this.#lossOf(number);
    const isStart = this.#step === 0;
    if (Number.isFinite(loss)) {
      if (isStart) {
        this.#best = loss;
        this.#begin(number);
      }
      if (this.#adam) this.#advanceAdam(this.#adam, number, loss);
    } else this.#isOver = true;
    return !this.#isOver;
  }

  #begin(start: number): void {
    const history = this.#history;
    const present = axesAt(history, start, this.#settings.axes);
    // A gradient is that of the first objective.
    const gradient = this.#objective() === 0 ? gradientOf(history, start) : undefined;
    const sloping = present.filter(
      ({ name, distribution }) => distribution.step === null && gradient !== undefined && Object.hasOwn(gradient, name),
    );
    this.#axes = sloping.length > 0 ? sloping : present;
    const place = placeOf(history, start, this.#axes);
    if (sloping.length > 0) this.#adam = new AdamDescent(place, this.#settings.rate);
    else this.#spsa = new SpsaDescent(place, cellWidths(history, start, this.#axes));
    this.#isOver = this.#spsa?.isOver ?? false;
  }

  #advanceAdam(adam: AdamDescent, number: number, loss: number): void {
    const gradient = gradientOf(this.#history, number);
    if (!gradient) {
      this.#isOver = true;
      return;
    }
    const sign = this.#sign();
    this.#best = Math.min(this.#best, loss);
    const slopes = alongAxes(gradient, this.#axes, placeOf(this.#history, number, this.#axes));
    for (let axis = 0; axis < slopes.length; axis++) slopes[axis] = sign * slopes[axis];
    adam.accept(loss, slopes);
    this.#isOver = adam.isOver;
  }

  #advanceSpsa(spsa: SpsaDescent): boolean {
    const above = this.#trials.get(`${this.#step} 1`);
    const below = this.#trials.get(`${this.#step} -1`);
    if (above === undefined || below === undefined) return false;
    if (!isFinished(this.#history.state(above)) || !isFinished(this.#history.state(below))) return false;
    const [lossAbove, lossBelow] = [this.#lossOf(above), this.#lossOf(below)];
    const isUsable = [above, below].every(
      (number) => axesAt(this.#history, number, this.#axes).length === this.#axes.length,
    );
    if (Number.isFinite(lossAbove - lossBelow) && isUsable) {
      const at = (number: number) => placeOf(this.#history, number, this.#axes);
      this.#best = Math.min(this.#best, lossAbove, lossBelow);
      spsa.accept(at(above), lossAbove, at(below), lossBelow);
    } else spsa.skip();
    this.#isOver = spsa.isOver;
    return !this.#isOver;
  }

  /** With several objectives each descent follows one, in turns. */
  #objective(): number {
    return this.#run % this.#history.directions.length;
  }

  #sign(): 1 | -1 {
    return this.#history.directions[this.#objective()] === Direction.maximize ? -1 : 1;
  }

  /** NaN unless the trial is complete. */
  #lossOf(number: number): number {
    if (this.#history.state(number) !== TrialState.complete) return Number.NaN;
    return this.#sign() * this.#history.value(number, this.#objective());
  }
}

function isIndex(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}
