import { coreMessage } from '../../words/en/core.ts';
import type { Message } from '../../words/message.ts';
import { TuneboardError } from '../errors.ts';
import type { Pruner } from '../pruners/pruner.ts';
import type { Sampler, Suggestion } from '../samplers/sampler.ts';
import type { Params } from '../space/distributions.ts';
import type { SearchSpace } from '../space/searchSpace.ts';
import { requireWhere, withinWhere } from '../space/where/feasible.ts';
import { dumpJson } from '../text/pythonJson.ts';
import { FAIL_REASON, FIXED_PARAMS, OWNER, RELATIVE_PARAMS } from './attributes.ts';
import type { JsonValue, TrialChange, TrialTemplate } from './changes.ts';
import { failReasonChanges } from './failReason.ts';
import type { History } from './history.ts';
import { inferredSpace } from './inferredSpace.ts';
import { paramChange } from './living/storedForm.ts';
import { type Outcome, outcomeOf, type TellOptions } from './outcome.ts';
import { letWait } from './paused.ts';
import { isFinished, TrialState } from './states.ts';
import type { CommitOptions, StudyRecord, WritableTrialLog } from './studyStore.ts';
import { Trial, type TrialHost } from './trial.ts';
import { checkedFixed, fixedParamsOf, isDecided, newKinds, storedParams } from './trialParams.ts';

export interface StudyOptions {
  /** A declared space: `ask` suggests all of it. Without one, the objective defines it by running. */
  readonly space?: SearchSpace;
  readonly sampler: Sampler;
  readonly pruner: Pruner | null;
}

/** What a scheduler decides about a new trial, in place of what the study would do. */
export interface AskPlan {
  /** Stored with the trial from its very start. */
  readonly systemAttrs?: Readonly<Record<string, JsonValue>>;
  /** What the sampler sees: the trials as they were at one fidelity, under the study's numbers. */
  readonly history?: History;
  readonly sampler?: Sampler;
  /** Decided parameters; the sampler draws the others. No enqueued trial is taken then. */
  readonly params?: Params;
  /** Asked right before a trial starts, when all that was read is the newest: a study that others work on may be full by now. */
  readonly mayStart?: () => boolean;
}

/** Codes of errors of a trial whose given parameters can't be used. */
const UNUSABLE: ReadonlySet<string> = new Set(['invalid-value', 'violates-where', 'infeasible-space']);

/** Asks a sampler for trials and tells their results, over one study of a trial log. Any number of them may share one. */
export class Study implements TrialHost {
  readonly record: StudyRecord;
  readonly history: History;
  #methods: StudyOptions;
  readonly #log: WritableTrialLog;
  /** Trials asked here and not yet told. */
  readonly #open = new Map<number, Trial>();

  constructor(log: WritableTrialLog, record: StudyRecord, methods: StudyOptions) {
    this.#log = log;
    this.record = record;
    this.history = record.history;
    this.#methods = methods;
  }

  get space(): SearchSpace | undefined {
    return this.#methods.space;
  }

  get sampler(): Sampler {
    return this.#methods.sampler;
  }

  get pruner(): Pruner | null {
    return this.#methods.pruner;
  }

  /** Searches another space, or in another way, from the next trial on; earlier trials stay evidence. */
  adopt(methods: StudyOptions): void {
    this.#methods = methods;
  }

  /** Whether the sampler has nothing left to propose and nothing is enqueued: the study is done. */
  get isExhausted(): boolean {
    if (this.history.firstWaiting !== undefined) return false;
    return this.sampler.isExhausted?.(this.space, this.history) ?? false;
  }

  /**
   * The next trial, running: a waiting one if there is any, else a new suggestion. An enqueued trial whose fixed
   * parameters cannot be used at all (a choice that does not exist) is recorded as failed, with the reason, and passed over.
   */
  async ask(): Promise<Trial> {
    for (;;) {
      const trial = await this.askOnce();
      if (trial) return trial;
    }
  }

  /** One attempt at `ask`: undefined when another worker was faster or `mayStart` said no, so that a plan can be made anew. */
  async askOnce(plan: AskPlan = {}): Promise<Trial | undefined> {
    const { systemAttrs = {}, mayStart: onlyIf } = plan;
    const number = plan.params ? undefined : await this.#log.claimWaiting(this.record, { systemAttrs, onlyIf });
    return number === undefined ? this.#openNew(plan) : this.#openClaimed(number, plan);
  }

  /** Makes a paused trial run again; undefined when another worker was faster. */
  async claim(number: number, systemAttrs: Readonly<Record<string, JsonValue>>): Promise<Trial | undefined> {
    const claimed = await this.#log.claimWaiting(this.record, { number, systemAttrs });
    return claimed === undefined ? undefined : this.#opened(new Trial(this, claimed));
  }

  /** Makes a running trial wait, with these changes, until it is claimed again. Resolves when that is durable. */
  async pause(number: number, changes: readonly TrialChange[], options: CommitOptions = {}): Promise<void> {
    this.#requireRunning(number);
    await this.#open.get(number)?.flush();
    await this.#log.commit(this.record, [...changes, ...letWait(this.history, number)], options);
    this.#open.delete(number);
  }

  /**
   * Ends a trial by Optuna's rules (see `outcomeOf`) and says how it ended. Values that are missing, NaN or too many fail
   * it. Resolves when the end is durable; a trial that is requested in `onApplied` shares that write.
   * Throws `finished-trial`, `waiting-trial`, `no-trial` and `invalid-tell`, and `changed-meanwhile` where `onlyIf` says no.
   */
  async tell(trial: Trial | number, options: TellOptions & CommitOptions = {}): Promise<Outcome> {
    const number = typeof trial === 'number' ? trial : trial.number;
    this.#requireRunning(number);
    const open = typeof trial === 'number' ? this.#open.get(number) : trial;
    await open?.flush();
    const outcome = outcomeOf(this.history, number, options);
    const changes: TrialChange[] = [];
    // The runner may have recorded a more detailed reason.
    if (outcome.reason !== undefined && !Object.hasOwn(this.history.userAttrs(number), FAIL_REASON)) {
      changes.push({ type: 'userAttr', number, key: FAIL_REASON, value: outcome.reason });
    }
    changes.push({ type: 'state', number, state: outcome.state, values: outcome.values });
    await this.#log.commit(this.record, changes, { onApplied: options.onApplied, onlyIf: options.onlyIf });
    this.#open.delete(number);
    return outcome;
  }

  /**
   * Adds a waiting trial with these parameters, maybe only some: the next `ask` takes it and draws the others. Throws
   * `violates-where` where they violate a condition of the space.
   */
  async enqueue(params: Params, options: { userAttrs?: Readonly<Record<string, JsonValue>> } = {}): Promise<number> {
    if (this.space) requireWhere(this.space, params);
    const number = await this.#log.createTrial(this.record, {
      state: TrialState.waiting,
      ...(this.space && !this.#log.numbersLate && { params: newKinds(this.space, params, this.history) }),
      systemAttrs: { [FIXED_PARAMS]: params as JsonValue },
      ...(options.userAttrs && { userAttrs: options.userAttrs }),
    });
    return created(number);
  }

  /** Adds a trial as it is: one that has ended elsewhere. */
  async add(template: TrialTemplate): Promise<number> {
    return created(await this.#log.createTrial(this.record, template));
  }

  /** Reads what others have written. Returns whether anything changed. */
  refresh(): Promise<boolean> {
    return this.#log.refresh();
  }

  commit(changes: readonly TrialChange[], options?: CommitOptions): Promise<void> {
    return this.#log.commit(this.record, changes, options);
  }

  async #openClaimed(number: number, plan: AskPlan): Promise<Trial | undefined> {
    if (!this.space) {
      const { params, systemAttrs } = this.#drawKnown(number);
      const tags = attrChanges(number, systemAttrs);
      if (tags.length > 0) await this.commit(tags);
      return this.#opened(new Trial(this, number, params));
    }
    // One that was cut off has drawn its parameters already.
    if (isDecided(this.space, this.history.params(number))) return this.#opened(new Trial(this, number));
    const known = { ...fixedParamsOf(this.history, number), ...this.history.params(number) };
    return this.#openDecided(this.space, number, plan, known);
  }

  /**
   * Gives a running trial what it lacks beside the parameters that are known already. Undefined where another worker has it, as
   * this one gave no heartbeat meanwhile.
   */
  async #openDecided(space: SearchSpace, number: number, plan: AskPlan, known: Params): Promise<Trial | undefined> {
    const { history } = this;
    const run = () => `${history.startedAt[number]} ${dumpJson(history.systemAttrs(number)[OWNER] ?? null)}`;
    const before = run();
    const onlyIf = () => history.running.has(number) && run() === before;
    try {
      const fixed = checkedFixed(space, known);
      const { params, systemAttrs } = this.#suggest(space, number, plan, fixed);
      const stored = storedParams(space, { ...fixed, ...params });
      const missing = stored.filter(({ name }) => this.history.param(number, name) === undefined);
      const changes: TrialChange[] = attrChanges(number, systemAttrs);
      changes.push(...missing.map((param) => paramChange(history, number, param)));
      if (changes.length > 0) await this.commit(changes, { onlyIf });
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === 'finished-trial' || code === 'changed-meanwhile') return undefined;
      if (!(error instanceof TuneboardError) || !UNUSABLE.has(error.code)) throw error;
      await this.#fail(number, error.words);
      return undefined;
    }
    return this.#opened(new Trial(this, number));
  }

  async #openNew(plan: AskPlan): Promise<Trial | undefined> {
    if (plan.mayStart?.() === false) return undefined;
    // A trial began to wait meanwhile: it goes first.
    if (!plan.params && this.history.firstWaiting !== undefined) return undefined;
    if (this.#log.numbersLate) return this.#openLate(plan);
    const number = this.history.length;
    const relative: Suggestion = this.space ? { params: {} } : this.#drawKnown(number);
    const template = this.space ? this.#suggested(this.space, number, plan) : relativeAttrs(relative);
    const systemAttrs = { ...template.systemAttrs, ...plan.systemAttrs };
    const created = await this.#log.createTrial(
      this.record,
      { state: TrialState.running, ...template, ...(Object.keys(systemAttrs).length > 0 && { systemAttrs }) },
      { ifNumber: number },
    );
    if (created === undefined) {
      if (this.history.length === number) await this.#log.refresh();
      return undefined;
    }
    return this.#opened(new Trial(this, created, relative.params));
  }

  /** The trial is made first, and what is suggested for its number follows. */
  async #openLate(plan: AskPlan): Promise<Trial | undefined> {
    const { systemAttrs, params = {} } = plan;
    const decided = this.space
      ? withinWhere(this.space, checkedFixed(this.space, params), {}, this.history.length)
      : {};
    const number = await this.#log.createTrial(
      this.record,
      { state: TrialState.running, ...(systemAttrs && { systemAttrs }) },
      {
        ifNumber: this.history.length,
        afterParams: (other) => !this.space || isDecided(this.space, this.history.params(other)),
      },
    );
    if (number === undefined) return undefined;
    if (this.sampler.isExhausted?.(this.space, this.history)) {
      await this.#fail(number, coreMessage('othersTookTheRest'));
      return undefined;
    }
    if (this.space) return this.#openDecided(this.space, number, plan, decided);
    const relative = this.#drawKnown(number);
    const tags = attrChanges(number, relativeAttrs(relative).systemAttrs);
    if (tags.length > 0) await this.commit(tags);
    return this.#opened(new Trial(this, number, relative.params));
  }

  async #fail(number: number, reason: Message): Promise<void> {
    await this.commit([...failReasonChanges(number, reason), { type: 'state', number, state: TrialState.fail }]);
  }

  #suggested(space: SearchSpace, number: number, plan: AskPlan): Omit<TrialTemplate, 'state'> {
    const decided = plan.params && withinWhere(space, checkedFixed(space, plan.params), {}, number);
    const { params, systemAttrs } = this.#suggest(space, number, plan, decided);
    return {
      params: storedParams(space, { ...decided, ...params }, this.history),
      ...(systemAttrs && { systemAttrs }),
    };
  }

  #suggest(space: SearchSpace, number: number, plan: AskPlan, fixed?: Params): Suggestion {
    const { sampler = this.sampler, history = this.history } = plan;
    const suggestion = sampler.suggest(space, { history, number }, fixed);
    const params = withinWhere(space, suggestion.params, fixed ?? {}, number);
    return params === suggestion.params ? suggestion : { ...suggestion, params };
  }

  /** Define-by-run: the space that the trials so far show, drawn together. */
  #drawKnown(number: number): Suggestion {
    if (!this.sampler.drawsJointly) return { params: {} };
    const space = inferredSpace(this.history);
    if (space.parameters.length === 0) return { params: {} };
    return this.sampler.suggest(space, { history: this.history, number }, fixedParamsOf(this.history, number));
  }

  #opened(trial: Trial): Trial {
    this.#open.set(trial.number, trial);
    return trial;
  }

  #requireRunning(number: number): void {
    if (!Number.isInteger(number) || number < 0 || number >= this.history.length) {
      throw new TuneboardError('no-trial', coreMessage('thereNoTrial', { number }));
    }
    const state = this.history.state(number);
    if (isFinished(state)) throw new TuneboardError('finished-trial', coreMessage('trialFinishedAlready', { number }));
    if (state === TrialState.waiting) {
      throw new TuneboardError('waiting-trial', coreMessage('trialNotStartedYetSo', { number }));
    }
  }
}

/** What a sampler wants to be stored with a trial that is there already. */
function attrChanges(number: number, systemAttrs: Suggestion['systemAttrs'] = {}): TrialChange[] {
  return Object.entries(systemAttrs).map(([key, value]) => ({ type: 'systemAttr', number, key, value }));
}

/** How Optuna 5 shows other workers the point that a define-by-run trial is about to try: JSON in chunks of 2,045 characters. */
function relativeAttrs({ params, systemAttrs: own }: Suggestion): Omit<TrialTemplate, 'state'> {
  if (Object.keys(params).length === 0) return own ? { systemAttrs: own } : {};
  const text = dumpJson(params, 'spaced');
  const systemAttrs: Record<string, JsonValue> = { ...own };
  for (let start = 0; start < text.length; start += 2045) {
    systemAttrs[`${RELATIVE_PARAMS}:${start / 2045}`] = text.slice(start, start + 2045);
  }
  return { systemAttrs };
}

function created(number: number | undefined): number {
  if (number === undefined) throw new TuneboardError('not-created', coreMessage('storageRefusedTrial'));
  return number;
}
