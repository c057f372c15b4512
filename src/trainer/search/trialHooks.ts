import { TuneboardError } from '../../core/errors.ts';
import type { Trial } from '../../core/study/trial.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import { shown } from '../../core/text/shown.ts';
import type { TrainerState } from '../checkpoints/trainerState.ts';
import type { Trainer } from '../training/trainer.ts';
import type { Metrics } from '../training/trainerOptions.ts';
import type { SearchHooks } from './searchHooks.ts';
import type { Search } from './searchOptions.ts';

/** What the training of a trial asks of its search, and what its evaluations have come to. */
export class TrialHooks implements SearchHooks {
  readonly #trainer: Trainer;
  readonly #search: Search;
  /** Of each evaluation: one value an objective. */
  readonly #evaluations: (readonly number[])[] = [];

  constructor(trainer: Trainer, search: Search) {
    this.#trainer = trainer;
    this.#search = search;
  }

  get isEvaluated(): boolean {
    return this.#evaluations.length > 0;
  }

  setUp(trial: Trial): void {
    const params: unknown = this.#search.hpSpace(trial);
    if (typeof params !== 'object' || params === null || Array.isArray(params) || params instanceof Promise) {
      const given = params instanceof Promise ? 'a promise' : shown(params);
      throw new TuneboardError('invalid-option', `hpSpace gave ${given}: return an object with training arguments.`);
    }
    for (const warning of this.#trainer.args.setFromSearch({ ...params })) this.#trainer.print(warning);
    this.#trainer.print(`Trial: ${pythonRepr(trial.params)}`);
  }

  async isPruned(trial: Trial, metrics: Metrics, state: TrainerState): Promise<boolean> {
    const values = this.score(metrics);
    // As in Hugging Face and Optuna: trials with several objectives are not pruned.
    if (values.length > 1) return false;
    const step = this.#search.reportStep === 'epoch' ? Math.round(state.epoch) : state.globalStep;
    await trial.report(values[0] as number, step);
    return trial.shouldPrune();
  }

  /** Notes what an evaluation comes to. Throws `invalid-objective`. */
  score(metrics: Metrics): readonly number[] {
    const objective = this.#search.computeObjective({ ...metrics });
    const values = typeof objective === 'number' ? [objective] : objective;
    const { directions } = this.#search;
    const isRight =
      Array.isArray(values) && values.length === directions.length && values.every((one) => typeof one === 'number');
    if (!isRight) {
      throw new TuneboardError(
        'invalid-objective',
        `computeObjective gave ${shown(objective)}: return ${directions.length === 1 ? 'a number' : `${directions.length} numbers`}. The metrics are ${Object.keys(metrics).join(', ')}.`,
      );
    }
    this.#evaluations.push(values);
    return values;
  }

  /** The trial's values: those of its last evaluation, or of the best by the first objective. */
  values(): readonly number[] {
    const last = this.#evaluations.at(-1) as readonly number[];
    if (this.#search.objectiveFrom === 'last') return last;
    const sign = this.#search.directions[0] === 'maximize' ? 1 : -1;
    const ordered = this.#evaluations.filter(([first]) => !Number.isNaN(first));
    return ordered.reduce(
      (best, one) => (sign * (one[0] as number) > sign * (best[0] as number) ? one : best),
      ordered[0] ?? last,
    );
  }

  runName(trial: Trial): string {
    return this.trialName(trial) ?? `run-${trial.number}`;
  }

  trialName(trial: Trial): string | null {
    const name: unknown = this.#search.hpName?.(trial) ?? null;
    if (name === null) return null;
    // The folder may be deleted with all that is in it.
    const isFolder = typeof name === 'string' && /^[^/\\\0]+$/.test(name) && !/^\.{1,2}$/.test(name);
    if (isFolder) return name;
    throw new TuneboardError(
      'invalid-option',
      `hpName gave ${shown(name)}: return the name of a folder, without slashes.`,
    );
  }
}
