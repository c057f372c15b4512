import { TuneboardError } from '../core/errors.ts';
import { hypervolume } from '../core/fronts/hypervolume.ts';
import { unbeatenTrials } from '../core/fronts/paretoFront.ts';
import { type AssessedParameter, type AssessOptions, assessImportance } from '../core/importance/assess.ts';
import { createPruner } from '../core/pruners/createPruner.ts';
import { createSampler } from '../core/samplers/createSampler.ts';
import { expectedBest } from '../core/samplers/gp/expectedBest.ts';
import { PartPruner } from '../core/schedulers/partPruner.ts';
import { ScheduledStudy } from '../core/schedulers/scheduledStudy.ts';
import { declaredSpace } from '../core/space/declaredSpace.ts';
import type { Params } from '../core/space/distributions.ts';
import type { JsonValue } from '../core/study/changes.ts';
import { History } from '../core/study/history.ts';
import { inferredSpace } from '../core/study/inferredSpace.ts';
import { startTrialOf } from '../core/study/startComparison.ts';
import { Direction, type TrialState } from '../core/study/states.ts';
import { Study } from '../core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../core/study/studyStore.ts';
import type { Trial } from '../core/study/trial.ts';
import { shown } from '../core/text/shown.ts';
import { type AddedTrial, addedTemplate, END_STATES, type EndState, invalidEnd, requireNames } from './addedTrial.ts';
import { type ExpectedBest, type FrozenTrial, frozenTrial } from './frozenTrial.ts';
import { type Objective, type OptimizeOptions, optimize } from './optimize.ts';
import {
  type CreateStudyOptions,
  type DirectionName,
  directionsOf,
  methodOf,
  prunerOf,
  requireStudyOptions,
  schedulerOf,
  seedOf,
} from './studyOptions.ts';
import { ScheduledParts, type TrialSource, WholeTrials } from './trialSource.ts';

interface Opened {
  readonly study: Study;
  readonly source: TrialSource;
}

/** `evaluator`: `pedAnova` by default. `objective`: from 0; fANOVA of several objectives needs it. */
export type ImportanceOptions = Partial<Pick<AssessOptions, 'evaluator' | 'objective' | 'seed'>>;

/** Opens what `storage` names. */
export type OpenStorage = (storage: string) => Promise<WritableTrialLog>;

/**
 * A study to ask and tell, or to let run. It is there at once; its storage is opened with the first call that needs it,
 * or by `open`. Errors are `TuneboardError`s with a stable `code`.
 */
export class LibraryStudy<P extends object = Params> {
  readonly directions: readonly DirectionName[];
  readonly name: string;
  readonly #make: () => Promise<Opened>;
  readonly #emptyHistory: History;
  #opening: Promise<Opened> | undefined;
  #study: Study | undefined;
  #log: WritableTrialLog | undefined;
  #isStopping = false;

  /** Throws what is wrong with the options at once: `invalid-space`, `unknown-sampler`, `invalid-option` … */
  constructor(options: CreateStudyOptions, openStorage: OpenStorage) {
    requireStudyOptions(options);
    this.name = options.name ?? 'study';
    this.directions = directionsOf(options);
    const directions = this.directions.map((name) => Direction[name]);
    this.#emptyHistory = new History(directions);
    const { type, options: given } = methodOf('sampler', options.sampler === undefined ? 'auto' : options.sampler);
    const { seed: wanted, ...samplerOptions } = given;
    const seed = seedOf(wanted);
    const sampler = createSampler({ type, seed, options: samplerOptions });
    const scheduler = options.scheduler === undefined ? null : schedulerOf(options, seed);
    const pruner = createPruner(prunerOf(options, directions.length));
    const space = options.space && declaredSpace(options.space, options.where);
    this.#make = async () => {
      const { storage = 'memory' } = options;
      this.#log = typeof storage === 'string' ? await openStorage(storage) : storage;
      const record = await this.#createOrContinue(this.#log, directions);
      const methods = {
        ...(space && { space }),
        sampler,
        pruner: scheduler ? new PartPruner(scheduler, pruner) : pruner,
      };
      const study = new Study(this.#log, record, methods);
      this.#study = study;
      const source = scheduler ? new ScheduledParts(new ScheduledStudy(study, scheduler)) : new WholeTrials(study);
      return { study, source };
    };
  }

  /** Opens the storage, so that earlier trials are there. Every other method does it by itself. */
  async open(): Promise<this> {
    await this.#opened();
    return this;
  }

  /** The trial log as columns; read only. */
  get history(): History {
    return this.#study?.history ?? this.#emptyHistory;
  }

  /**
   * The next trial, running, with `params` where the study has a `space`; under a scheduler maybe one that was paused.
   * Throws `exhausted` when nothing is left to try, and `waiting` when what is left depends on running trials.
   */
  async ask(): Promise<Trial<P>> {
    const { source } = await this.#opened();
    const trial = await source.next({ left: 1 });
    if (typeof trial !== 'string') return trial as Trial<object> as Trial<P>;
    if (trial === 'wait') {
      throw new TuneboardError(
        'waiting',
        'What comes next depends on trials that are running: tell one of them first.',
      );
    }
    throw new TuneboardError('exhausted', 'Every combination of the space has been tried: the study is done.');
  }

  /**
   * Ends a trial: with its value, with one value an objective, or with the word `pruned` or `fail`. A value that is NaN or
   * missing fails the trial, as in Optuna. Under a scheduler, a trial that has come to its `budget` is paused instead
   * unless that is a full training; without a report, the value counts as the one at that step.
   */
  async tell(
    trial: Trial<object> | number,
    result: number | readonly number[] | EndState | null | undefined,
  ): Promise<void> {
    const { source } = await this.#opened();
    await source.end(
      trial as Trial | number,
      typeof result === 'string' ? { state: endStateOf(result) } : { values: result ?? null },
    );
  }

  /** Adds a trial with these parameters, maybe only some: the next `ask` takes it and draws the others. Returns its number. Throws `unknown-parameter`. */
  async enqueue(params: Partial<P>, userAttrs?: Readonly<Record<string, JsonValue>>): Promise<number> {
    const { study } = await this.#opened();
    const given = params as Params;
    if (study.space) requireNames(study.space, given);
    return study.enqueue(given, userAttrs ? { userAttrs } : {});
  }

  /**
   * Adds a trial that was run elsewhere, and returns its number: samplers learn from it as from one of their own. Throws
   * `unknown-parameter`, `invalid-value` and `invalid-tell`.
   */
  async addTrial(trial: AddedTrial<P>): Promise<number> {
    const { study } = await this.#opened();
    return study.add(addedTemplate(study.history, study.space, trial as AddedTrial));
  }

  /**
   * Runs trials until `trials` of this call have ended, the time is up, the sampler has nothing left, or `stop` is called:
   * without options for ever, as in Optuna.
   * What a scheduler has paused by then stays so, and may go on in a later call.
   */
  async optimize(objective: Objective<P>, options: OptimizeOptions<P> = {}): Promise<this> {
    const { study, source } = await this.#opened();
    this.#isStopping = false;
    await optimize(
      study,
      source,
      objective as Objective<object> as Objective,
      options as OptimizeOptions,
      () => this.#isStopping,
    );
    return this;
  }

  /** Lets `optimize` end after the running trials. */
  stop(): void {
    this.#isStopping = true;
  }

  /** All trials by number. */
  get trials(): readonly FrozenTrial<P>[] {
    return Array.from({ length: this.history.length }, (_, number) => frozenTrial(this.history, number));
  }

  /** The best complete, feasible trial of a study with one objective; undefined when there is none. */
  get bestTrial(): FrozenTrial<P> | undefined {
    const { best } = this.history;
    return best === undefined ? undefined : frozenTrial(this.history, best);
  }

  get bestParams(): P | undefined {
    return this.bestTrial?.params;
  }

  get bestValue(): number | undefined {
    return this.bestTrial?.values?.[0];
  }

  /**
   * The trial with the best expected value of a noisy objective: the one with the best value seen owes it to luck in part.
   * Takes up to a second or two with hundreds of trials. Undefined as `bestTrial` is, and for a study whose trials have no
   * parameter in common.
   */
  get expectedBest(): ExpectedBest<P> | undefined {
    const { history } = this;
    const found = expectedBest(history, this.#study?.space ?? inferredSpace(history), startTrialOf(history));
    if (!found) return undefined;
    const { number, value, low, high, better } = found;
    return { trial: frozenTrial(history, number), value, interval: [low, high], better };
  }

  /** The complete, feasible trials that no other one beats in every objective. */
  get bestTrials(): readonly FrozenTrial<P>[] {
    return unbeatenTrials(this.history).map((number) => frozenTrial(this.history, number));
  }

  /**
   * How much each parameter matters for an objective, largest first, with an interval over half-samples and whether it can be
   * told from noise. fANOVA takes seconds with thousands of trials.
   */
  importance({ evaluator = 'pedAnova', objective, seed }: ImportanceOptions = {}): readonly AssessedParameter[] {
    const asked = { evaluator, objective, ...(seed !== undefined && { seed }) };
    return assessImportance(this.history, asked).parameters;
  }

  /**
   * The volume that the complete, feasible trials of several objectives dominate, up to a reference point that is worse than
   * they are, one value an objective. Throws `invalid-option` where the point has another number of values.
   */
  hypervolume(reference: readonly number[]): number {
    const { directions } = this.history;
    if (reference.length !== directions.length || reference.some((value) => !Number.isFinite(value))) {
      throw new TuneboardError(
        'invalid-option',
        `The reference point is ${shown(reference)}: give one finite number an objective, ${directions.length} in all.`,
      );
    }
    const sign = (objective: number) => (directions[objective] === Direction.maximize ? -1 : 1);
    const losses = unbeatenTrials(this.history).map((number) =>
      Float64Array.from(directions, (_, objective) => sign(objective) * this.history.value(number, objective)),
    );
    const finite = losses.filter((point) => point.every(Number.isFinite));
    return hypervolume(
      finite,
      Float64Array.from(reference, (value, objective) => sign(objective) * value),
    );
  }

  /** Closes the storage. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#log?.close();
  }

  #opened(): Promise<Opened> {
    this.#opening ??= this.#make();
    return this.#opening;
  }

  async #createOrContinue(log: WritableTrialLog, directions: readonly Direction[]): Promise<StudyRecord> {
    const known = log.studies().find(({ name }) => name === this.name);
    if (!known) return log.createStudy({ name: this.name, directions });
    if (known.directions.join() === directions.join()) return known;
    throw new TuneboardError(
      'directions-changed',
      `The study ${JSON.stringify(this.name)} of this storage has other directions: give the new study another name.`,
    );
  }
}

function endStateOf(word: string): TrialState {
  if (Object.hasOwn(END_STATES, word)) return END_STATES[word as EndState];
  throw invalidEnd(word);
}
