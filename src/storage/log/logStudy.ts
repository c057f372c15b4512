import { BEST_RUN, FAIL_REASON, METRIC_NAMES, PRUNE_MESSAGE } from '../../core/study/attributes.ts';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import { History } from '../../core/study/history.ts';
import { Direction, TrialState } from '../../core/study/states.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import { InferredSpace } from './inferDistributions.ts';
import { likelyMetric, objectiveMetric, pointsOf } from './metricCurve.ts';
import type { LogEvent, LoggedParam } from './optunaLogParser.ts';

type Metrics = Readonly<Record<string, number>>;

interface LoggedTrial {
  state: TrialState;
  values: readonly number[] | null;
  params: readonly LoggedParam[];
  metrics: readonly Metrics[];
  message: string;
  at: number;
}

type TrialEvent = LogEvent & { type: 'finished' | 'pruned' | 'failed' };

/** Trials that a whole log may leave out: a number beyond is damaged, and nothing is filled up to it. */
const MOST_MISSING = 100_000;

/** How many trials a log has left out so far, over all its studies. */
export interface Missing {
  trials: number;
}
const MISSING_REASON = 'The log does not show this trial.';

/**
 * One study rebuilt from a log. A log tells neither the direction nor the search space: both are inferred, and when an
 * inference has to change the study's record is built anew.
 */
export class LogStudy {
  readonly #id: number;
  readonly name: string;
  /** Whether the log shows the study's first trial: if not, the numbers below the first one seen stay unknown. */
  readonly #isWhole: boolean;
  readonly #trials: (LoggedTrial | undefined)[] = [];
  #space = new InferredSpace();
  #metric: string | undefined;
  #metricNames: readonly string[] | undefined;
  #maximize = false;
  /** The lowest number that the log shows. */
  #first = Number.POSITIVE_INFINITY;
  /** The range of the values of complete trials with one objective. */
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  readonly #missing: Missing;
  #width = 1;
  #bestRun: { readonly runId: string; readonly params: readonly LoggedParam[] } | undefined;
  #record: StudyRecord | undefined;
  #isStale = false;

  constructor(id: number, name: string, isWhole: boolean, missing: Missing) {
    this.#missing = missing;
    this.#id = id;
    this.name = name;
    this.#isWhole = isWhole;
  }

  get hasInferredSpace(): boolean {
    return !this.#space.isEmpty;
  }

  get record(): StudyRecord {
    if (!this.#record || this.#isStale) this.#record = this.#build();
    this.#isStale = false;
    return this.#record;
  }

  /** Whether the event tells again what is known, or adds to a failed trial, rather than begin another study. */
  accepts(event: TrialEvent): boolean {
    const known = this.#trials[event.number];
    if (!known) return true;
    if (event.type === 'failed') return known.state === TrialState.fail;
    if (event.type === 'pruned') return known.state === TrialState.pruned;
    return known.state === TrialState.complete && String(known.values) === String(event.values);
  }

  apply(event: TrialEvent, metrics: readonly Metrics[]): void {
    const known = this.#trials[event.number];
    if (known) {
      if (event.type === 'failed' && known.message === '') known.message = event.message;
      return;
    }
    if (!this.#reaches(event.number)) return;
    const trial: LoggedTrial = {
      state: stateOf(event),
      values: event.type === 'finished' ? event.values : null,
      params: (event.type !== 'pruned' && event.params) || [],
      metrics,
      message: event.type === 'finished' ? '' : event.message,
      at: event.at,
    };
    this.#add(event.number, trial);
    if (event.type === 'finished') this.#learn(event, metrics);
  }

  bestRun(event: LogEvent & { type: 'bestRun' }): void {
    this.#bestRun = { runId: event.runId, params: event.params };
    const given = /^\d{1,6}$/.test(event.runId) ? Number(event.runId) : this.#trials.length;
    if (!this.#trials[given] && this.#reaches(given)) {
      const { values, params } = event;
      this.#add(given, { state: TrialState.complete, values, params, metrics: [], message: '', at: Number.NaN });
    }
    if (event.values.length === 1) this.#learnBest(event.values[0] as number);
    this.#isStale = true;
  }

  #reaches(number: number): boolean {
    return number - this.#trials.length <= MOST_MISSING - this.#missing.trials;
  }

  #add(number: number, trial: LoggedTrial): void {
    while (this.#trials.length < number) {
      this.#trials.push(undefined);
      this.#missing.trials++;
    }
    if (this.#space.observe(trial.params)) this.#isStale = true;
    if (trial.values && trial.values.length !== this.#width) {
      this.#width = trial.values.length;
      this.#isStale = true;
    }
    this.#trials[number] = trial;
    this.#first = Math.min(this.#first, number);
    const value = trial.values?.[0];
    if (value !== undefined) {
      if (value < this.#lowest) this.#lowest = value;
      if (value > this.#highest) this.#highest = value;
    }
    const history = this.#record?.history;
    if (!history || this.#isStale) return;
    // Trials below the new one that have not finished yet.
    for (let next = history.length; next < number; next++) history.add(this.#template(next));
    if (number === history.length) history.add(this.#template(number));
    else this.#isStale = true;
  }

  #learn(event: LogEvent & { type: 'finished' }, metrics: readonly Metrics[]): void {
    if (event.metricNames && !this.#metricNames) {
      this.#metricNames = event.metricNames;
      this.#isStale = true;
    }
    if (event.best) this.#learnBest(event.best.value);
    const value = event.values[0];
    if (event.values.length !== 1 || value === undefined || metrics.length === 0) return;
    const name = objectiveMetric(metrics, value);
    if (!name || name === this.#metric) return;
    this.#metric = name;
    this.#isStale = true;
  }

  /** Any complete trial that is worse than the best one tells the direction. */
  #learnBest(best: number): void {
    if (this.#lowest > this.#highest || (this.#lowest === best && this.#highest === best)) return;
    const maximize = this.#lowest < best;
    if (maximize === this.#maximize) return;
    this.#maximize = maximize;
    this.#isStale = true;
  }

  #build(): StudyRecord {
    const direction = this.#maximize ? Direction.maximize : Direction.minimize;
    const history = new History(Array.from({ length: this.#width }, () => direction));
    for (let number = 0; number < this.#trials.length; number++) history.add(this.#template(number));
    const best = this.#bestRun;
    return {
      id: this.#id,
      name: this.name,
      directions: history.directions,
      userAttrs: best ? { [BEST_RUN]: { run_id: best.runId, hyperparameters: objectOf(best.params) } } : {},
      systemAttrs: this.#metricNames ? { [METRIC_NAMES]: [...this.#metricNames] } : {},
      history,
    };
  }

  #template(number: number): TrialTemplate {
    const trial = this.#trials[number];
    if (!trial) {
      if (this.#isWhole || number > this.#first) return { state: TrialState.running };
      return { state: TrialState.fail, systemAttrs: { [FAIL_REASON]: MISSING_REASON } };
    }
    const { state, at, message, metrics } = trial;
    const name = this.#metric ?? likelyMetric(metrics);
    return {
      state,
      values: trial.values,
      params: this.#space.store(trial.params),
      intermediate: name && metrics.length > 0 ? pointsOf(metrics, name) : [],
      systemAttrs: message === '' ? {} : { [state === TrialState.fail ? FAIL_REASON : PRUNE_MESSAGE]: message },
      completedAt: at,
    };
  }
}

function stateOf(event: TrialEvent): TrialState {
  if (event.type === 'finished') return TrialState.complete;
  return event.type === 'pruned' ? TrialState.pruned : TrialState.fail;
}

function objectOf(params: readonly LoggedParam[]): Record<string, JsonValue> {
  return Object.fromEntries(params.map(({ name, value }) => [name, value as JsonValue]));
}
