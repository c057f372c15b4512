import { studentCdf } from '../stats/studentT.ts';
import type { History } from '../study/history.ts';
import { Direction, TrialState } from '../study/states.ts';
import { type CheckedSteps, checkedStep } from './checkedStep.ts';
import { type Example, forecast, type LossCurve } from './curveForecast.ts';
import { GO_ON, PRUNE, type PruneContext, type PruneDecision, type Pruner } from './pruner.ts';

export interface ExtrapolationOptions extends CheckedSteps {
  /** A trial ends when its chance to beat the best one is below this. */
  readonly minChance: number;
  /** Complete trials with a curve before anything is pruned. */
  readonly nStartupTrials: number;
}

/** So many complete trials, the newest, are what a forecast is made from: more would cost more and tell little. */
const MOST_EXAMPLES = 200;

/**
 * Ends a trial by what its curve promises, not by where it is: P(result better than the best trial's) from a forecast that
 * complete trials' curves have taught (see `forecast`), so that slow starters live while they still may win. A last report that
 * is NaN, or infinite on the bad side, ends the trial; trials that are shorter than the question teach nothing.
 */
export class ExtrapolationPruner implements Pruner {
  readonly name = 'extrapolation';
  readonly #options: ExtrapolationOptions;
  readonly #examples = new WeakMap<History, Examples>();

  constructor(options: ExtrapolationOptions) {
    this.#options = options;
  }

  shouldPrune({ history, number }: PruneContext): PruneDecision {
    const step = checkedStep(history.curve(number), this.#options);
    if (step === undefined || history.best === undefined) return GO_ON;
    const examples = this.#examplesOf(history).newest();
    if (examples.length < this.#options.nStartupTrials) return GO_ON;
    const sign = signOf(history);
    const last = sign * (history.lastReport(number)?.value ?? Number.NaN);
    if (!(last < Number.POSITIVE_INFINITY)) return PRUNE;
    const prediction = forecast(lossCurve(history, number), step, examples);
    if (!prediction) return GO_ON;
    const { mean, scale, degrees } = prediction;
    const distance = sign * history.value(history.best) - mean;
    // Curves without any noise leave no doubt; an equal result is no better one, but no reason either.
    const chance = scale > 0 ? studentCdf(distance / scale, degrees) : Number(distance >= 0);
    return chance < this.#options.minChance ? PRUNE : GO_ON;
  }

  #examplesOf(history: History): Examples {
    let examples = this.#examples.get(history);
    if (!examples) {
      examples = new Examples(history);
      this.#examples.set(history, examples);
    }
    return examples;
  }
}

/** The complete trials with curves, in the order of their numbers. */
class Examples {
  readonly #history: History;
  readonly #byNumber = new Map<number, Example>();
  #numbers: number[] = [];
  #revision = 0;

  constructor(history: History) {
    this.#history = history;
  }

  newest(): Example[] {
    this.#update();
    return this.#numbers.map((number) => this.#byNumber.get(number) as Example);
  }

  #update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    let isGrown = false;
    for (const number of history.changedSince(this.#revision)) {
      if (history.state(number) !== TrialState.complete || this.#byNumber.has(number)) continue;
      const curve = lossCurve(history, number);
      const result = signOf(history) * history.value(number);
      if (curve.steps.length === 0 || !Number.isFinite(result)) continue;
      this.#byNumber.set(number, { curve, result });
      this.#numbers.push(number);
      isGrown = true;
    }
    this.#revision = history.revision;
    if (!isGrown) return;
    this.#numbers.sort((a, b) => a - b);
    for (const number of this.#numbers.splice(0, Math.max(0, this.#numbers.length - MOST_EXAMPLES))) {
      this.#byNumber.delete(number);
    }
  }
}

function lossCurve(history: History, number: number): LossCurve {
  const { steps, values } = history.curve(number);
  const sign = signOf(history);
  const order = [...steps.keys()].filter((index) => Number.isFinite(values[index]));
  order.sort((a, b) => steps[a] - steps[b]);
  return {
    steps: Float64Array.from(order, (index) => steps[index]),
    losses: Float64Array.from(order, (index) => sign * values[index]),
  };
}

function signOf(history: History): number {
  return history.directions[0] === Direction.maximize ? -1 : 1;
}
