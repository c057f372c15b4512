import { TuneboardError } from '../core/errors.ts';
import type { GivenOptions } from '../core/methodOptions.ts';
import { createPruner } from '../core/pruners/createPruner.ts';
import { createSampler } from '../core/samplers/createSampler.ts';
import { createScheduler } from '../core/schedulers/createScheduler.ts';
import { PartPruner } from '../core/schedulers/partPruner.ts';
import { ScheduledStudy } from '../core/schedulers/scheduledStudy.ts';
import type { Scheduler } from '../core/schedulers/scheduler.ts';
import { declaredSpace, type SpaceDeclaration } from '../core/space/declaredSpace.ts';
import type { Params } from '../core/space/distributions.ts';
import type { JsonValue } from '../core/study/changes.ts';
import { History } from '../core/study/history.ts';
import { unbeatenTrials } from '../core/study/paretoFront.ts';
import { Direction, TrialState } from '../core/study/states.ts';
import { Study } from '../core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../core/study/studyStore.ts';
import type { Trial } from '../core/study/trial.ts';
import { type FrozenTrial, frozenTrial } from './frozenTrial.ts';
import { type Objective, type OptimizeOptions, optimize } from './optimize.ts';
import { ScheduledParts, type TrialSource, WholeTrials } from './trialSource.ts';

export type DirectionName = 'minimize' | 'maximize';

/** A method by its name in the study file, alone or with its options (camelCase or snake_case). */
export type MethodSetting = string | ({ readonly type: string } & Readonly<Record<string, GivenOptions[string]>>);

export interface CreateStudyOptions {
  /** One objective: `minimize` by default. */
  readonly direction?: DirectionName;
  /** Several objectives, one direction each. */
  readonly directions?: readonly DirectionName[];
  /** As in a study file. Without it the objective defines its space by running (`trial.suggestFloat` …). */
  readonly space?: SpaceDeclaration;
  /** `auto` by default; `seed` makes suggestions repeatable and is drawn by default. */
  readonly sampler?: MethodSetting;
  /** `median` by default with one objective, `none` with several or with a scheduler. */
  readonly pruner?: MethodSetting;
  /**
   * `hyperband`, `asha` or `bohb`, for one objective and a `space`. Trials are trained in parts, from `trial.startStep` to
   * `trial.budget` steps; one that is told a value there, or to be pruned, is paused and may be asked for again.
   */
  readonly scheduler?: MethodSetting;
  /** Where trials are kept: in memory by default; in Node also the path of a journal or SQLite file, which Optuna shares. */
  readonly storage?: string | WritableTrialLog;
  /** `study` by default. A study of this name that the storage has already is continued. */
  readonly name?: string;
}

/** How a trial ends when it is told a word instead of values. */
export type EndState = 'complete' | 'pruned' | 'fail';

interface Opened {
  readonly study: Study;
  readonly source: TrialSource;
}

/** Opens what `storage` names. */
export type OpenStorage = (storage: string) => Promise<WritableTrialLog>;

/**
 * A study to ask and tell, or to let run. It is there at once; its storage is opened with the first call that needs it,
 * or by `open`. Errors are `TuneboardError`s with a stable `code`.
 */
export class LibraryStudy {
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
    this.name = options.name ?? 'study';
    this.directions = directionsOf(options);
    const directions = this.directions.map((name) => Direction[name]);
    this.#emptyHistory = new History(directions);
    const { type, options: given } = methodOf(options.sampler ?? 'auto');
    const { seed: wanted, ...samplerOptions } = given;
    const seed = seedOf(wanted);
    const sampler = createSampler({ type, seed, options: samplerOptions });
    const scheduler = options.scheduler === undefined ? null : schedulerOf(options, seed);
    const pruner = createPruner(methodOf(options.pruner ?? (directions.length > 1 || scheduler ? 'none' : 'median')));
    const space = options.space && declaredSpace(options.space);
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
  async ask(): Promise<Trial> {
    const { source } = await this.#opened();
    const trial = await source.next({ left: 1 });
    if (typeof trial !== 'string') return trial;
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
  async tell(trial: Trial | number, result: number | readonly number[] | EndState | null | undefined): Promise<void> {
    const { source } = await this.#opened();
    await source.end(trial, typeof result === 'string' ? { state: endStateOf(result) } : { values: result ?? null });
  }

  /** Adds a trial with these parameters, maybe only some: the next `ask` takes it and draws the others. Returns its number. */
  async enqueue(params: Params, userAttrs?: Readonly<Record<string, JsonValue>>): Promise<number> {
    const { study } = await this.#opened();
    return study.enqueue(params, userAttrs ? { userAttrs } : {});
  }

  /**
   * Runs trials until `trials` of this call have ended, the time is up, the sampler has nothing left, or `stop` is called.
   * What a scheduler has paused by then stays so, and may go on in a later call.
   */
  async optimize(objective: Objective, options: OptimizeOptions): Promise<this> {
    const { study, source } = await this.#opened();
    this.#isStopping = false;
    await optimize(study, source, objective, options, () => this.#isStopping);
    return this;
  }

  /** Lets `optimize` end after the running trials. */
  stop(): void {
    this.#isStopping = true;
  }

  /** All trials by number. */
  get trials(): readonly FrozenTrial[] {
    return Array.from({ length: this.history.length }, (_, number) => frozenTrial(this.history, number));
  }

  /** The best complete, feasible trial of a study with one objective; undefined when there is none. */
  get bestTrial(): FrozenTrial | undefined {
    const { best } = this.history;
    return best === undefined ? undefined : frozenTrial(this.history, best);
  }

  get bestParams(): Params | undefined {
    return this.bestTrial?.params;
  }

  get bestValue(): number | undefined {
    return this.bestTrial?.values?.[0];
  }

  /** The complete, feasible trials that no other one beats in every objective. */
  get bestTrials(): readonly FrozenTrial[] {
    return unbeatenTrials(this.history).map((number) => frozenTrial(this.history, number));
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

function directionsOf({ direction, directions }: CreateStudyOptions): readonly DirectionName[] {
  if (direction !== undefined && directions !== undefined) {
    throw new TuneboardError('invalid-directions', 'Give either direction or directions, not both.');
  }
  const names = directions ?? [direction ?? 'minimize'];
  const wrong = names.find((name) => !Object.hasOwn(Direction, name));
  if (wrong !== undefined || names.length === 0) {
    throw new TuneboardError(
      'invalid-directions',
      `A direction is "minimize" or "maximize", not ${JSON.stringify(wrong)}.`,
    );
  }
  return names;
}

function methodOf(setting: MethodSetting): { type: string; options: GivenOptions } {
  if (typeof setting === 'string') return { type: setting, options: {} };
  const { type, ...options } = setting;
  const camelCase = Object.entries(options).map(
    ([key, value]) => [key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value] as const,
  );
  return { type, options: Object.fromEntries(camelCase) };
}

/** What a scheduler needs of the study. Throws `invalid-option`, `unknown-scheduler` and `several-objectives`. */
function schedulerOf(
  { scheduler = '', pruner = 'none', space, directions = [] }: CreateStudyOptions,
  seed: number,
): Scheduler {
  const { type, options } = methodOf(scheduler);
  const made = createScheduler({ type, seed, options });
  if (made.needsCheckpoints) {
    throw invalid(
      `The scheduler ${type} copies checkpoints, which the library does not keep: run it from a study file.`,
    );
  }
  if (options['keepCheckpoints'] !== undefined) {
    throw invalid('The library keeps no checkpoints: leave out keepCheckpoints.');
  }
  if (directions.length > 1) {
    throw new TuneboardError('several-objectives', 'A scheduler compares trials by one value: give one direction.');
  }
  if (!space) throw invalid('A scheduler needs to know the parameters in advance: give the study a space.');
  const { type: other } = methodOf(pruner);
  if (other === 'hyperband' || other === 'successive_halving') {
    throw invalid(`The pruner ${other} and the scheduler both decide how far a trial goes: leave out one of them.`);
  }
  return made;
}

function seedOf(seed: unknown): number {
  if (seed === undefined) return Math.floor(Math.random() * 2 ** 31);
  if (typeof seed === 'number' && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new TuneboardError('invalid-option', `The seed ${JSON.stringify(seed)} is not a whole number from 0 on.`);
}

function endStateOf(word: string): TrialState {
  if (word === 'complete' || word === 'pruned' || word === 'fail') return TrialState[word];
  throw new TuneboardError(
    'invalid-tell',
    `A trial ends as "complete", "pruned" or "fail", not ${JSON.stringify(word)}.`,
  );
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-option', message);
}
