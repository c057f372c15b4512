import { Random } from '../../../src/core/random.ts';
import { ScheduledStudy } from '../../../src/core/schedulers/scheduledStudy.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { Trial } from '../../../src/core/study/trial.ts';
import type { CurveProblem } from './curveProblems.ts';
import { type Method, partsOf } from './method.ts';

export interface Trained {
  /** By budget: the final value without noise of the complete trial that looked best; null before there is one. */
  readonly best: readonly (number | null)[];
  /** Trials begun, and brought to their end. */
  readonly begun: number;
  readonly completed: number;
  /** By how much the best trial that was stopped would have ended above the best complete one, 0 if it would not. */
  readonly missed: number;
}

/** Epochs spent so far, and the best complete trial at each moment of interest. */
class Ledger {
  readonly #problem: CurveProblem;
  readonly #marks: readonly number[];
  readonly #seed: number;
  readonly best: (number | null)[] = [];
  spent = 0;
  completed = 0;
  #observed = Number.NEGATIVE_INFINITY;
  incumbent: number | null = null;

  constructor(problem: CurveProblem, budgets: readonly number[], seed: number) {
    this.#problem = problem;
    this.#marks = budgets.map((budget) => budget * problem.epochs);
    this.#seed = seed;
  }

  get isSpent(): boolean {
    return this.spent >= (this.#marks.at(-1) as number);
  }

  /** Trains a trial for one more epoch, reports it, and returns what was seen. */
  async epoch(trial: Trial, epoch: number): Promise<number> {
    const { noise, valueAt } = this.#problem;
    const error = noise === 0 ? 0 : noise * new Random(this.#seed, trial.number, `epoch ${epoch}`).normal();
    const value = valueAt(trial.params, epoch) + error;
    this.spend(1);
    await trial.report(value, epoch);
    return value;
  }

  spend(epochs: number): void {
    for (let one = 0; one < epochs; one++) {
      this.spent++;
      if (this.#marks.includes(this.spent)) this.best.push(this.incumbent);
    }
  }

  complete(trial: Trial, observed: number): void {
    this.completed++;
    if (observed <= this.#observed) return;
    this.#observed = observed;
    this.incumbent = this.#problem.valueAt(trial.params, this.#problem.epochs);
    // A training that ends with the budget counts.
    if (this.#marks.includes(this.spent)) this.best[this.best.length - 1] = this.incumbent;
  }
}

/**
 * One study of a method within a budget of epochs, counted in full trainings. A paused trial goes on from its checkpoint;
 * with `rerun` it has none and pays for its first epochs again.
 */
export async function train(
  problem: CurveProblem,
  method: Method,
  seed: number,
  { budgets, rerun }: { budgets: readonly number[]; rerun: boolean },
): Promise<Trained> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'trainings', directions: [Direction.maximize] });
  const { sampler, pruner, scheduler } = partsOf(method, seed, problem.epochs);
  const study = new Study(log, record, { space: problem.space, sampler, pruner });
  const ledger = new Ledger(problem, budgets, seed);
  if (scheduler) await scheduled(new ScheduledStudy(study, scheduler), ledger, rerun);
  else while (!ledger.isSpent) await trained(study, problem.epochs, ledger);
  return {
    best: ledger.best,
    begun: study.history.length,
    completed: ledger.completed,
    missed: missedBy(problem, study, ledger.incumbent),
  };
}

/** A trial to its end, or to where the pruner stops it. */
async function trained(study: Study, epochs: number, ledger: Ledger): Promise<void> {
  const trial = await study.ask();
  for (let epoch = 1; epoch <= epochs && !ledger.isSpent; epoch++) {
    const value = await ledger.epoch(trial, epoch);
    if (epoch === epochs) {
      await study.tell(trial, { values: value });
      ledger.complete(trial, value);
    } else if (trial.shouldPrune()) {
      await study.tell(trial, { state: TrialState.pruned });
      return;
    }
  }
}

async function scheduled(study: ScheduledStudy, ledger: Ledger, rerun: boolean): Promise<void> {
  while (!ledger.isSpent) {
    const next = await study.next(() => true);
    if (typeof next === 'string') throw new Error(`The scheduler says ${next} although nothing runs.`);
    const { trial, stepsDone } = next;
    if (rerun) ledger.spend(stepsDone);
    for (let epoch = stepsDone + 1; !ledger.isSpent; epoch++) {
      const value = await ledger.epoch(trial, epoch);
      const decision = await study.decide(trial.number);
      if (decision.type === 'finish') {
        await study.study.tell(trial, { values: value });
        ledger.complete(trial, value);
        break;
      }
      if (decision.type === 'pause') {
        await study.pause(trial.number);
        break;
      }
    }
  }
}

function missedBy({ valueAt, epochs }: CurveProblem, { history }: Study, incumbent: number | null): number {
  let missed = 0;
  for (let number = 0; number < history.length - 1; number++) {
    if (history.state(number) === TrialState.complete || incumbent === null) continue;
    missed = Math.max(missed, valueAt(history.params(number), epochs) - incumbent);
  }
  return missed;
}
