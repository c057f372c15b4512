import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import type { Pruner } from '../pruners/pruner.ts';
import type { Sampler } from '../samplers/sampler.ts';
import { rungOf, stepsDone } from '../schedulers/trialAttrs.ts';
import {
  categoricalDistribution,
  contains,
  floatDistribution,
  intDistribution,
  isCompatible,
  isSingle,
  toInternal,
  toValue,
} from '../space/distributionRules.ts';
import type { Choice, Distribution, Params, ParamValue } from '../space/distributions.ts';
import { addPythonNames } from '../text/pythonNames.ts';
import { CONSTRAINT, GRADIENT } from './attributes.ts';
import type { JsonValue, TrialChange } from './changes.ts';
import type { History } from './history.ts';
import { paramChange } from './living/storedForm.ts';
import { fixedParamsOf } from './trialParams.ts';

/** What a trial needs of its study. `commit` resolves when the changes are durable. */
export interface TrialHost {
  readonly record: { readonly name: string };
  readonly history: History;
  readonly sampler: Sampler;
  readonly pruner: Pruner | null;
  commit(changes: readonly TrialChange[]): Promise<void>;
}

/**
 * A running trial, as an objective sees it. `suggest…` answers at once and writes behind: what a trial drew is stored
 * with the next turn of the event loop, and `report` and `Study.tell` wait for it, or throw what went wrong.
 */
export class Trial<P extends object = Params> {
  readonly number: number;
  /** Under a scheduler: steps that it had done before it was paused, from where a saved state goes on; 0 for a new trial. */
  readonly startStep: number;
  declare readonly suggest_float: Trial['suggestFloat'];
  declare readonly suggest_int: Trial['suggestInt'];
  declare readonly suggest_categorical: Trial['suggestCategorical'];
  declare readonly should_prune: Trial['shouldPrune'];
  declare readonly set_user_attr: Trial['setUserAttr'];
  declare readonly set_system_attr: Trial['setSystemAttr'];
  declare readonly set_constraint: Trial['setConstraint'];
  declare readonly set_gradient: Trial['setGradient'];
  declare readonly user_attrs: Trial['userAttrs'];
  #budget: number;
  readonly #host: TrialHost;
  /** Drawn jointly when the trial began, for parameters that every trial has had so far. */
  readonly #relative: Params;
  readonly #params: Record<string, ParamValue> = {};
  readonly #distributions = new Map<string, Distribution>();
  readonly #steps: Set<number>;
  #pending: TrialChange[] = [];
  #written: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(host: TrialHost, number: number, relative: Params = {}) {
    this.#host = host;
    this.number = number;
    this.#relative = relative;
    this.startStep = stepsDone(host.history, number);
    this.#budget = budgetIn(host.history.systemAttrs(number));
    this.#steps = new Set(host.history.curve(number).steps);
    for (const name of host.history.paramNames(number)) {
      this.#params[name] = host.history.param(number, name) as ParamValue;
      this.#distributions.set(name, host.history.distribution(number, name) as Distribution);
    }
  }

  /** Parameters suggested so far, as the objective sees them. */
  get params(): P {
    return this.#params as P;
  }

  /**
   * Steps to have done at the end of this part of the training, by the study's scheduler: it grows when the trial goes on
   * without a pause. Infinity where nothing but the program says how long a training is.
   */
  get budget(): number {
    return this.#budget;
  }

  get userAttrs(): Readonly<Record<string, JsonValue>> {
    return this.#host.history.userAttrs(this.number);
  }

  suggestFloat(name: string, low: number, high: number, options: { log?: boolean; step?: number | null } = {}): number {
    return this.suggest(name, floatDistribution(low, high, options)) as number;
  }

  suggestInt(name: string, low: number, high: number, options: { log?: boolean; step?: number } = {}): number {
    return this.suggest(name, intDistribution(low, high, options)) as number;
  }

  suggestCategorical<T extends Choice>(name: string, choices: readonly T[]): T {
    return this.suggest(name, categoricalDistribution(choices)) as T;
  }

  /**
   * The value of one parameter. In this order: the one suggested before, the one that the trial was enqueued with (used
   * even outside the range, as Optuna does), the only possible one, the jointly drawn one, a new draw. Throws
   * `incompatible-distribution` when this trial has the parameter in another kind already.
   */
  suggest(name: string, distribution: Distribution): ParamValue {
    const earlier = this.#distributions.get(name);
    if (earlier && !isCompatible(earlier, distribution)) {
      throw new TuneboardError('incompatible-distribution', coreMessage('cantChangeKindLogScale', { name }));
    }
    if (this.#distributions.has(name)) return this.#params[name];
    const internal = this.#draw(name, distribution);
    const value = toValue(distribution, internal);
    this.#params[name] = value;
    this.#distributions.set(name, distribution);
    this.#write(paramChange(this.#host.history, this.number, { name, internal, distribution }));
    return value;
  }

  #draw(name: string, distribution: Distribution): number {
    const { history, sampler } = this.#host;
    const fixed = fixedParamsOf(history, this.number);
    if (Object.hasOwn(fixed, name)) return toInternal(distribution, fixed[name]);
    if (isSingle(distribution)) return distribution.type === 'categorical' ? 0 : distribution.low;
    if (Object.hasOwn(this.#relative, name)) {
      const internal = toInternal(distribution, this.#relative[name]);
      if (contains(distribution, internal)) return internal;
    }
    const context = { history, number: this.number };
    return toInternal(distribution, sampler.suggestOne(name, distribution, this.#params, context));
  }

  /**
   * Reports an intermediate value; resolves when it is stored. A second report of the same step is ignored, as Optuna
   * does. Throws `invalid-report`, and `several-objectives` in a study with more than one.
   */
  async report(value: number, step: number): Promise<void> {
    this.#requireOneObjective('report');
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new TuneboardError('invalid-report', coreMessage('stepNotWholeNumber0', { step }));
    }
    if (typeof value !== 'number') {
      throw new TuneboardError('invalid-report', coreMessage('valueReportedStepNotNumber', { step }));
    }
    if (this.#steps.has(step)) return;
    this.#steps.add(step);
    await this.#writeNow({ type: 'intermediate', number: this.number, step, value });
  }

  /**
   * Whether the study's pruner would end this trial after what it has reported, or its scheduler pause it. What they keep
   * with the trial is written behind.
   */
  shouldPrune(): boolean {
    this.#requireOneObjective('prune');
    const { history, pruner, record } = this.#host;
    if (!pruner) return false;
    const { number } = this;
    const { prune, systemAttrs = {} } = pruner.shouldPrune({ history, number, studyName: record.name });
    for (const [key, value] of Object.entries(systemAttrs)) this.#write({ type: 'systemAttr', number, key, value });
    if (rungOf(systemAttrs)) this.#budget = budgetIn(systemAttrs);
    return prune;
  }

  setUserAttr(key: string, value: JsonValue): Promise<void> {
    return this.#writeNow({ type: 'userAttr', number: this.number, key, value });
  }

  setSystemAttr(key: string, value: JsonValue): Promise<void> {
    return this.#writeNow({ type: 'systemAttr', number: this.number, key, value });
  }

  /** A constraint of this trial: satisfied when ≤ 0. Throws `invalid-constraint` for NaN. */
  async setConstraint(key: string, value: number): Promise<void> {
    if (Number.isNaN(value)) throw new TuneboardError('invalid-constraint', coreMessage('constraintNan', { key }));
    await this.setSystemAttr(`${CONSTRAINT}${key}`, value);
  }

  /**
   * Reports derivatives of the (first) objective by parameter, in the parameters' own units, for the `gradient` sampler.
   * Throws `invalid-gradient` for what is no number.
   */
  async setGradient(gradient: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, derivative] of Object.entries(gradient)) {
      if (typeof derivative === 'number') continue;
      throw new TuneboardError('invalid-gradient', coreMessage('derivativeNotNumber', { name }));
    }
    await this.setSystemAttr(GRADIENT, { ...gradient });
  }

  /** Resolves when everything suggested so far is stored. Throws the first error that a write met. */
  async flush(): Promise<void> {
    this.#send();
    await this.#written;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #writeNow(change: TrialChange): Promise<void> {
    this.#pending.push(change);
    await this.flush();
  }

  #write(change: TrialChange): void {
    this.#pending.push(change);
    if (this.#pending.length === 1) void Promise.resolve().then(() => this.#send());
  }

  #send(): void {
    if (this.#pending.length === 0) return;
    const changes = this.#pending;
    this.#pending = [];
    const sent = this.#host.commit(changes).catch((error: unknown) => {
      this.#failure ??= error;
    });
    this.#written = Promise.all([this.#written, sent]).then(() => undefined);
  }

  #requireOneObjective(verb: string): void {
    if (this.#host.history.directions.length === 1) return;
    throw new TuneboardError('several-objectives', coreMessage('studySeveralObjectivesCantTrials', { verb }));
  }
}

addPythonNames(Trial.prototype);

function budgetIn(systemAttrs: Readonly<Record<string, JsonValue>>): number {
  return rungOf(systemAttrs)?.step ?? Number.POSITIVE_INFINITY;
}
