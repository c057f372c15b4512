import type { GivenOptions, OptionValue } from '../core/methodOptions.ts';
import { DEFAULT_PRUNER } from '../core/pruners/prunerMethods.ts';
import { SCHEDULERS, type SchedulerMethod, type SchedulerType } from '../core/schedulers/schedulerMethods.ts';
import { declaredSpace } from '../core/space/declaredSpace.ts';
import { Direction } from '../core/study/states.ts';
import { camelCase } from '../core/text/letterCase.ts';
import { isModuleFile, splitCommandLine } from './commandLine.ts';
import { durationMs } from './duration.ts';
import { normaliseExecutor } from './executor.ts';
import type { RawStudyFile } from './schema/schema.ts';
import type {
  Objective,
  PrunerSettings,
  SamplerSettings,
  SchedulerSettings,
  StudyFile,
  TrainerSettings,
} from './studyFile.ts';

const DEFAULT_TRIALS = 100;

/** A valid raw study file with every default filled in. */
export function normaliseStudyFile(raw: RawStudyFile, defaultName: string): StudyFile {
  // The direction goes with the metric: where a command has neither, its first run tells both.
  const isOpen = raw.metric === undefined && raw.metrics === undefined && raw.objective.command !== undefined;
  const direction = raw.direction ?? (isOpen ? undefined : 'minimize');
  const directions = (raw.directions ?? (direction ? [direction] : [])).map((word) => Direction[word]);
  const timeoutMs = raw.budget?.timeout === undefined ? null : durationMs(raw.budget.timeout);
  // A script says itself how many trials it wants.
  const isScript = raw.objective.optuna !== undefined;
  const scheduler = raw.scheduler === undefined ? null : normaliseScheduler(raw.scheduler);
  // A population ends by itself, and each copy that it makes is a trial.
  const isUnlimited = timeoutMs !== null || isScript || (scheduler !== null && isPopulation(scheduler.type));
  return {
    name: raw.name ?? defaultName,
    directions,
    metrics: raw.metrics ?? (raw.metric === undefined ? returnedMetrics(raw, directions.length) : [raw.metric]),
    objective: normaliseObjective(raw),
    ...spaceAndSites(raw),
    start: raw.start ?? [],
    learnFrom: raw.learn_from === undefined ? [] : [raw.learn_from].flat(),
    sampler: normaliseSampler(raw.sampler),
    pruner: normalisePruner(raw.pruner ?? (scheduler ? 'none' : undefined), directions.length),
    scheduler,
    constraints: raw.constraints ?? [],
    budget: {
      trials: raw.budget?.trials ?? (isUnlimited ? null : DEFAULT_TRIALS),
      timeoutMs,
      ...(raw.stop_when && { stopWhen: raw.stop_when }),
    },
    parallel: raw.parallel ?? 1,
    gpus: raw.gpus ?? null,
    storage: raw.storage ?? 'journal',
    executor: normaliseExecutor(raw.executor),
  };
}

/** What a module returns has no names of its own. */
function returnedMetrics({ objective }: RawStudyFile, count: number): string[] {
  if (!isModuleFile(objective.module)) return [];
  return count === 1 ? ['value'] : Array.from({ length: count }, (_, index) => `value_${index}`);
}

/** Where a value stands is no matter of its range. */
function spaceAndSites({ space = {}, where, objective }: RawStudyFile): Pick<StudyFile, 'space' | 'sites'> {
  const sites = new Map<string, string>();
  const ranges = Object.entries(space).map(([name, { at, ...range }]) => {
    if (at !== undefined) sites.set(name, at);
    return [name, range] as const;
  });
  // A script has its space to itself.
  return { space: declaredSpace(Object.fromEntries(ranges), objective.optuna === undefined ? where : []), sites };
}

/** Each parameter by its name. */
function asNamed(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, `{${name}}`]));
}

function normaliseObjective({ objective: raw, optuna = {}, space = {} }: RawStudyFile): Objective {
  const env = Object.fromEntries(Object.entries(raw.env ?? {}).map(([name, value]) => [name, String(value)]));
  const args = (raw.args ?? []).map(String);
  if (raw.optuna !== undefined) {
    return {
      kind: 'optuna',
      path: raw.optuna,
      args,
      attach: raw.attach ?? 'hook',
      python: raw.python ?? null,
      module: raw.module ?? null,
      cwd: raw.cwd ?? null,
      env,
      sampler: optuna.sampler === undefined ? null : normaliseSampler(optuna.sampler),
      pruner: optuna.pruner === undefined ? null : normalisePruner(optuna.pruner, 1),
      override: optuna.override ?? false,
    };
  }
  const trialTimeoutMs = raw.timeout === undefined ? null : durationMs(raw.timeout);
  if (raw.trainer !== undefined) return { kind: 'trainer', settings: trainerSettings(raw.trainer), trialTimeoutMs };
  const cwd = raw.cwd ?? '.';
  if (raw.module !== undefined && isModuleFile(raw.module)) {
    return { kind: 'module', path: raw.module, args, cwd, env, trialTimeoutMs };
  }
  const shell = raw.shell ?? false;
  return {
    kind: 'command',
    argv: [...(raw.module === undefined ? argvOf(raw.command ?? '', shell) : ['python', '-m', raw.module]), ...args],
    shell,
    cwd,
    env,
    ...(raw.python !== undefined && { python: raw.python }),
    configTemplate: raw.config ?? null,
    ...(raw.search !== undefined && { search: raw.search }),
    ...(raw.wandb !== undefined && { wandb: raw.wandb === true ? asNamed(Object.keys(space)) : raw.wandb }),
    trialTimeoutMs,
  };
}

function trainerSettings(raw: NonNullable<RawStudyFile['objective']['trainer']>): TrainerSettings {
  return {
    dataset: raw.dataset,
    text: raw.text,
    text_pair: raw.text_pair ?? null,
    label: raw.label,
    test_size: raw.test_size ?? 0.25,
    split_seed: raw.split_seed ?? 42,
    max_length: raw.max_length ?? 128,
    model: raw.model ?? {},
    objective_from: raw.objective_from ?? 'last',
    checkpoints: raw.checkpoints ?? 'best',
    backend: raw.backend ?? 'auto',
    args: raw.args ?? {},
  };
}

function argvOf(command: string | readonly (string | number)[], shell: boolean): string[] {
  if (typeof command !== 'string') return shell ? [command.join(' ')] : command.map(String);
  return shell ? [command] : (splitCommandLine(command) ?? [command]);
}

function normaliseSampler(raw: RawStudyFile['sampler'] = 'auto'): SamplerSettings {
  const { type, seed, ...options } = typeof raw === 'string' ? { type: raw } : raw;
  return { type, seed: seed ?? null, options: camelCaseKeys(options) };
}

/** Trials with several objectives cannot be pruned (Optuna: report and should_prune raise). */
function normalisePruner(raw: RawStudyFile['pruner'], objectives: number): PrunerSettings {
  const { type, ...options } =
    typeof raw === 'string' ? { type: raw } : (raw ?? { type: objectives > 1 ? 'none' : DEFAULT_PRUNER });
  return { type, options: camelCaseKeys(options) };
}

function normaliseScheduler(raw: NonNullable<RawStudyFile['scheduler']>): SchedulerSettings {
  const { type, ...options } = typeof raw === 'string' ? { type: raw } : raw;
  return { type, options: camelCaseKeys(options) };
}

function isPopulation(type: SchedulerType): boolean {
  const method: SchedulerMethod = SCHEDULERS[type];
  return method.isPopulation === true;
}

function camelCaseKeys(options: Readonly<Record<string, OptionValue | undefined>>): GivenOptions {
  const entries = Object.entries(options).filter((entry): entry is [string, OptionValue] => entry[1] !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [camelCase(key), value]));
}
