import type { GivenOptions } from '../core/methodOptions.ts';
import type { PrunerType } from '../core/pruners/prunerMethods.ts';
import type { SamplerType } from '../core/samplers/samplerMethods.ts';
import type { SchedulerType } from '../core/schedulers/schedulerMethods.ts';
import type { Params } from '../core/space/distributions.ts';
import type { SearchSpace } from '../core/space/searchSpace.ts';
import type { Direction } from '../core/study/states.ts';
import type { StopRules } from '../core/study/stopRules.ts';
import type { ExecutorSettings } from './executor.ts';

/** A study file (`*.study.yaml`) after validation: every default filled in, durations in milliseconds. */
export interface StudyFile {
  readonly name: string;
  /** Empty where neither direction nor metric of a command is given. */
  readonly directions: readonly Direction[];
  /** The reported values that are the objectives, one a direction. Empty: the first run is to tell. */
  readonly metrics: readonly string[];
  readonly objective: Objective;
  readonly space: SearchSpace;
  /** Where the values of parameters stand in the code, as written (`FILE#PATH`), by parameter. */
  readonly sites: ReadonlyMap<string, string>;
  /** Parameters, maybe only some, of the first trials. */
  readonly start: readonly Params[];
  /** Earlier studies whose best trials are first points: study files, names of studies run here, or storages. */
  readonly learnFrom: readonly string[];
  readonly sampler: SamplerSettings;
  readonly pruner: PrunerSettings;
  /** Null: every trial runs to its end, or until it is pruned. */
  readonly scheduler: SchedulerSettings | null;
  /** Reported values that must be ≤ 0. */
  readonly constraints: readonly string[];
  /** Trials to finish (null: no limit) and running time. */
  readonly budget: {
    readonly trials: number | null;
    readonly timeoutMs: number | null;
    readonly stopWhen?: StopRules;
  };
  readonly parallel: number;
  /** GPU ids handed out one a running trial as CUDA_VISIBLE_DEVICES; null: leave the environment alone. */
  readonly gpus: readonly number[] | null;
  /** `journal`, a path or a URL, as written. */
  readonly storage: string;
  readonly executor: ExecutorSettings;
}

export type Objective = CommandObjective | OptunaObjective | ModuleObjective | TrainerObjective;

/** Any program. Parameters reach it by placeholders, TUNEBOARD_PARAMS or a rendered config file. */
export interface CommandObjective {
  readonly kind: 'command';
  /** Program and arguments, placeholders not yet replaced. With `shell`, one element: the whole line. */
  readonly argv: readonly string[];
  readonly shell: boolean;
  /** Relative to the study file's folder; `.` by default. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The interpreter that `python` in the command means, as written; absent: it is found. */
  readonly python?: string;
  /** Template file whose `{placeholders}` are rendered into a file of the trial's own; `{config}` is its path. */
  readonly configTemplate: string | null;
  /** Longest time one trial may take in milliseconds; null: no limit. */
  readonly trialTimeoutMs: number | null;
  /** What the program reads as `wandb.config`, with placeholders; null: it is left to itself. */
  readonly wandb?: Readonly<Record<string, unknown>> | null;
  /** Whose search, which the program runs itself, a trial takes the place of; null: it runs none. */
  readonly search?: string | null;
  /** Metrics are not looked for in what it prints in words: its sentences name them too. False by default. */
  readonly isExact?: boolean;
}

/** A script or notebook that owns its Optuna study. `attach: log` watches its output only, without the import hook. */
export interface OptunaObjective {
  readonly kind: 'optuna';
  readonly path: string;
  readonly args: readonly string[];
  readonly attach: 'hook' | 'log';
  readonly python: string | null;
  /** Dotted name under which the script runs, as by `python -m`; null: by its path. */
  readonly module: string | null;
  /** Relative to the study file's folder; null: the folder of the script, or of its package where it is run as a module. */
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Who suggests and prunes where the script leaves it to Optuna; null: Optuna itself. */
  readonly sampler: SamplerSettings | null;
  readonly pruner: PrunerSettings | null;
  /** Also where the script names its own. */
  readonly override: boolean;
}

/** A JavaScript or TypeScript module that exports the objective: a function of the trial. */
export interface ModuleObjective {
  readonly kind: 'module';
  /** Relative to the study file's folder. */
  readonly path: string;
  readonly args: readonly string[];
  /** Relative to the study file's folder; `.` by default. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Longest time one trial may take in milliseconds; null: no limit. */
  readonly trialTimeoutMs: number | null;
}

/** The built-in trainer: a small text classifier, trained once a trial. */
export interface TrainerObjective {
  readonly kind: 'trainer';
  readonly settings: TrainerSettings;
  /** Longest time one trial may take in milliseconds; null: no limit. */
  readonly trialTimeoutMs: number | null;
}

/** As written in the study file, with defaults; `dataset` and a folder `model` are relative to its folder. */
export interface TrainerSettings {
  readonly dataset: string;
  readonly text: string;
  readonly text_pair: string | null;
  readonly label: string;
  readonly test_size: number;
  readonly split_seed: number;
  readonly max_length: number;
  /** Folder of a pretrained model, or sizes of one from scratch. */
  readonly model: string | Readonly<Record<string, number | undefined>>;
  readonly objective_from: 'last' | 'best';
  /** Whose checkpoints stay when a trial has ended. */
  readonly checkpoints: 'best' | 'all' | 'none';
  readonly backend: 'auto' | 'tensorflow' | 'wasm' | 'cpu';
  /** Training arguments that are the same in every trial. */
  readonly args: Readonly<Record<string, unknown>>;
}

export interface SamplerSettings {
  readonly type: SamplerType;
  /** Null: drawn once at the study's first start and kept in the study's system attributes. */
  readonly seed: number | null;
  /** Options of the sampler, named as Optuna names them, camelCase here. */
  readonly options: GivenOptions;
}

export interface PrunerSettings {
  readonly type: PrunerType;
  readonly options: GivenOptions;
}

export interface SchedulerSettings {
  readonly type: SchedulerType;
  readonly options: GivenOptions;
}
