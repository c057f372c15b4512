import { TuneboardError } from '../core/errors.ts';
import type { GivenOptions } from '../core/methodOptions.ts';
import { DEFAULT_PRUNER } from '../core/pruners/prunerMethods.ts';
import { createScheduler } from '../core/schedulers/createScheduler.ts';
import type { Scheduler } from '../core/schedulers/scheduler.ts';
import type { SpaceDeclaration } from '../core/space/declaredSpace.ts';
import { Direction } from '../core/study/states.ts';
import type { WritableTrialLog } from '../core/study/studyStore.ts';
import { closest } from '../core/text/closest.ts';
import { shown } from '../core/text/shown.ts';
import { whereMessage } from '../words/en/where.ts';
import type { PrunerSetting, SamplerSetting, SchedulerSetting } from './methodSettings.ts';

export type DirectionName = 'minimize' | 'maximize';

export interface CreateStudyOptions<S extends SpaceDeclaration = SpaceDeclaration> {
  /** One objective: `minimize` by default. */
  readonly direction?: DirectionName;
  /** Several objectives, one direction each. */
  readonly directions?: readonly DirectionName[];
  /** As in a study file. Without it the objective defines its space by running (`trial.suggestFloat` …). */
  readonly space?: S;
  /**
   * Conditions on the parameters of the `space` that every trial satisfies, such as `batch * depth <= 512`: see the guide for the
   * language. One that an inactive parameter would decide holds.
   */
  readonly where?: readonly string[];
  /** `auto` by default; `seed` makes suggestions repeatable and is drawn by default. */
  readonly sampler?: SamplerSetting;
  /** `extrapolation` by default with one objective, `none` with several or with a scheduler. */
  readonly pruner?: PrunerSetting;
  /**
   * `hyperband`, `asha` or `bohb`, for one objective and a `space`. Trials are trained in parts, from `trial.startStep` to
   * `trial.budget` steps; one that is told a value there, or to be pruned, is paused and may be asked for again.
   */
  readonly scheduler?: SchedulerSetting;
  /** Where trials are kept: in memory by default; in Node also the path of a journal or SQLite file, which Optuna shares. */
  readonly storage?: string | WritableTrialLog;
  /** `study` by default. A study of this name that the storage has already is continued. */
  readonly name?: string;
}

const STUDY_KEYS: Readonly<Record<keyof CreateStudyOptions, true>> = {
  direction: true,
  directions: true,
  space: true,
  where: true,
  sampler: true,
  pruner: true,
  scheduler: true,
  storage: true,
  name: true,
};

/** A library is called without types too. Throws `invalid-option` for what no study has, and for what is of another kind. */
export function requireStudyOptions(options: CreateStudyOptions): void {
  requireKeys('A study', options, Object.keys(STUDY_KEYS));
  const { name, space, where, storage } = options;
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw invalid(`name is ${shown(name)}: write some text, or leave it out.`);
  }
  if (space !== undefined && !isRecord(space)) {
    throw invalid('space is no object: write parameters by name, such as { x: { type: "float", low: 0, high: 1 } }.');
  }
  requireWhereTexts(where, space !== undefined);
  const isLog = isRecord(storage) && typeof storage['studies'] === 'function';
  if (storage !== undefined && !isLog && (typeof storage !== 'string' || storage === '')) {
    throw invalid(`storage is ${shown(storage)}: write the path of a file, a trial log, or leave it out.`);
  }
}

function requireWhereTexts(where: unknown, hasSpace: boolean): void {
  if (where === undefined) return;
  if (!Array.isArray(where)) {
    throw new TuneboardError('invalid-option', whereMessage('notList', { value: shown(where) }));
  }
  if (!hasSpace) throw new TuneboardError('invalid-option', whereMessage('needsSpace'));
  const index = where.findIndex((text) => typeof text !== 'string');
  if (index < 0) return;
  throw new TuneboardError('invalid-option', whereMessage('notText', { index, value: shown(where[index]) }));
}

/** Throws `invalid-option` where options are no object, or have a key that means nothing. */
export function requireKeys(owner: string, options: object, known: readonly string[]): void {
  if (!isRecord(options)) throw invalid(`The options are ${shown(options)}: write an object, such as {}.`);
  const wrong = Object.keys(options).find((key) => !known.includes(key));
  if (wrong === undefined) return;
  throw invalid(`${owner} has no option ${wrong}: use ${closest(wrong, known) ?? known.join(', ')}.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws `invalid-directions`. */
export function directionsOf({ direction, directions }: CreateStudyOptions): readonly DirectionName[] {
  if (direction !== undefined && directions !== undefined) {
    throw new TuneboardError('invalid-directions', 'Give either direction or directions, not both.');
  }
  const names: unknown = directions ?? [direction ?? 'minimize'];
  if (!Array.isArray(names) || names.length === 0) {
    throw new TuneboardError(
      'invalid-directions',
      `directions is ${shown(names)}: write a list with "minimize" or "maximize" for each objective.`,
    );
  }
  const wrong = names.findIndex((name) => typeof name !== 'string' || !Object.hasOwn(Direction, name));
  if (wrong >= 0) {
    throw new TuneboardError(
      'invalid-directions',
      `A direction is "minimize" or "maximize", not ${shown(names[wrong])}.`,
    );
  }
  return [...(names as readonly DirectionName[])];
}

/** A method and its options, as they are spelt. An option that is undefined is left out. Throws `invalid-option`. */
export function methodOf(kind: string, setting: unknown): { type: string; options: GivenOptions } {
  if (typeof setting === 'string') return { type: setting, options: {} };
  if (!isRecord(setting) || typeof setting['type'] !== 'string') {
    throw invalid(`${kind} is ${shown(setting)}: write its name, or { type: "…" } with its options.`);
  }
  const { type, ...options } = setting as { readonly type: string } & GivenOptions;
  return { type, options: Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
}

/** A pruner, which only studies with one objective can have. */
export function prunerOf({ pruner, scheduler }: CreateStudyOptions, objectives: number): ReturnType<typeof methodOf> {
  const method = methodOf('pruner', pruner ?? (objectives > 1 || scheduler !== undefined ? 'none' : DEFAULT_PRUNER));
  if (objectives === 1 || method.type === 'none') return method;
  throw new TuneboardError(
    'several-objectives',
    `The pruner ${method.type} compares trials by one value: give one direction, or leave out pruner.`,
  );
}

/** What a scheduler needs of the study. Throws `invalid-option`, `unknown-scheduler` and `several-objectives`. */
export function schedulerOf(
  { scheduler, pruner = 'none', space, directions = [] }: CreateStudyOptions,
  seed: number,
): Scheduler {
  const { type, options } = methodOf('scheduler', scheduler);
  const made = createScheduler({ type, seed, options });
  if (made.needsCheckpoints) {
    throw invalid(
      `The scheduler ${type} copies checkpoints, which the library does not keep: run it from a study file.`,
    );
  }
  const keep = ['keepCheckpoints', 'keep_checkpoints'].find((key) => Object.hasOwn(options, key));
  if (keep !== undefined) throw invalid(`The library keeps no checkpoints: leave out ${keep}.`);
  if (directions.length > 1) {
    throw new TuneboardError('several-objectives', 'A scheduler compares trials by one value: give one direction.');
  }
  if (!space) throw invalid('A scheduler needs to know the parameters in advance: give the study a space.');
  const { type: other } = methodOf('pruner', pruner);
  if (other === 'hyperband' || other === 'successive_halving') {
    throw invalid(`The pruner ${other} and the scheduler both decide how far a trial goes: leave out one of them.`);
  }
  return made;
}

export function seedOf(seed: unknown): number {
  if (seed === undefined) return Math.floor(Math.random() * 2 ** 31);
  if (typeof seed === 'number' && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw invalid(`The seed ${shown(seed)} is not a whole number from 0 on.`);
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-option', message);
}
