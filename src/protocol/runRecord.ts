/**
 * The run record: `run.json` in a study's run folder, written by the tuner (replaced atomically, with the
 * mode that runs/ownFiles.ts gives it) and read to find, watch or steer that study. A run folder is `<folder of the study's file>/.tuneboard/<name>/`:
 *
 *   run.json        this record, kept after the end so that a later window knows how the study ended
 *   journal.log     the trial log, unless the study names another storage
 *   tuner.log       what the tuner itself had to say
 *   script.log      an Optuna script's output between trials and before the first
 *   trials/N.log    the output of trial N
 *   workers/ID.log  what a worker on a cluster printed besides
 *   code/T.json     the code that the run begun at T started with: commit, branch, diff, changed files
 */
import type { StopRules } from '../core/study/stopRules.ts';
import { type Message, readMessage, verbatim } from '../words/message.ts';
import type { LeftWorkers, WorkerRecord } from './workers.ts';

/** Version of this record and of the control protocol; a reader refuses a newer major one in one sentence. */
export const RUN_RECORD_VERSION = 1;

/** `finished`: the budget is used up. `stopped`: a person stopped it. `failed`: it could not go on, see `message`. */
export type RunState = 'starting' | 'running' | 'paused' | 'stopping' | 'finished' | 'stopped' | 'failed';

export interface RunRecord {
  readonly version: number;
  readonly pid: number;
  /** The process's start time as the operating system gives it (an opaque token): a reused pid has another one. */
  readonly processStart: string;
  /** The account that runs it, for others who share the folder. */
  readonly user?: string;
  readonly studyName: string;
  /** Absolute path of what was started: study file, script or notebook. */
  readonly source: string;
  /** Absolute path of the script that the source runs, when that is another file (a command's script). */
  readonly script?: string;
  /** Where the trials are: an absolute path or a URL without password. Null until a script has told. */
  readonly storage: string | null;
  /** The storage that the command line named instead of the study file's: a resume names it again. */
  readonly givenStorage?: string;
  /** Name of the study inside the storage when it differs (an Optuna script names its own). */
  readonly storedName?: string;
  /** The studies that a script has run, the last one last. */
  readonly studies?: readonly RanStudy[];
  readonly metric?: string;
  /** Set while the command runs once as it is, before its study is made: nobody has said what its metric is. */
  readonly firstRun?: FirstRun;
  /** The interpreter that was asked for by name: a resume asks for it again. */
  readonly python?: string;
  /** Absolute path of the schedule that is trained along instead of a search: a resume is given it again. */
  readonly replay?: string;
  /** Path of the control socket or named pipe, and the token that every request carries. */
  readonly socket: string;
  readonly token: string;
  /** Proof that a tuner of this user wrote the record, in this folder (src/runs/recordTrust.ts). Absent: nothing is proven. */
  readonly seal?: string;
  readonly state: RunState;
  /** Why a run failed, or what its end was; of one that runs, what it waits for: one sentence. */
  readonly message?: string;
  /** Key and values of `message`, for a reader in another language. Absent: it is said as it is. */
  readonly words?: Pick<Message, 'key' | 'values'>;
  /** Stable code of why a run failed, where it has one: `no-python`, `old-python`, `no-optuna`, `all-failed`, … */
  readonly code?: string;
  readonly launch?: LaunchRecord;
  /** What made the start fail, where that can be mended: a code and what belongs to it. */
  readonly cause?: StartCause;
  /** Which orders beyond `stop` this run can follow; absent: none is known to work. */
  readonly steering?: readonly Steering[];
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly budget: RunBudget;
  /** A script's limit that was asked for from outside; `budget` has the script's own where that is less. */
  readonly askedTrials?: number | null;
  readonly parallel: number;
  /** Set where workers on a cluster run the trials: the engine, the run that they belong to, and which they are. */
  readonly engine?: 'ray' | 'slurm';
  readonly runId?: string;
  readonly workers?: readonly WorkerRecord[];
  readonly left?: LeftWorkers;
}

/** A study of a script, as it is stored, and what it runs. */
export interface RanStudy {
  readonly name: string;
  readonly objective?: RanObjective;
}

/** The function or class that a study runs. */
export interface RanObjective {
  readonly name: string;
  /** Absolute path; a cell of a notebook has a name of its own. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** More of them in one run are not kept. */
export const MOST_RAN_STUDIES = 100;

/** Why a program could not start to work, with what a person needs to mend it. */
export interface StartCause {
  readonly code: StartCauseCode;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * `needs-module` (`module`, `folder`): run as that module, from that folder. `missing-module` (`module`, `package`,
 * `python` or empty for Node; `setup`, the tool that makes
 * the project's environment in `folder`, where it has none yet). `file-not-found` (`file`, `folder`: the one that has it, may be empty).
 * `missing-arguments` (`arguments`). `old-syntax` (`version`). Folders are absolute.
 */
export const START_CAUSES = [
  'needs-module',
  'missing-module',
  'file-not-found',
  'missing-arguments',
  'old-syntax',
] as const;
export type StartCauseCode = (typeof START_CAUSES)[number];

/** How a program is launched. */
export interface LaunchRecord {
  /** The interpreter and its version; absent where none was looked for. */
  readonly python?: string;
  readonly version?: string;
  /** Absolute working folder. */
  readonly cwd: string;
  /** Dotted name of the module that it runs as. */
  readonly module?: string;
}

/** An order of the control protocol; `pause` stands for `resume` too. */
export type Steering = 'pause' | 'setBudget' | 'setParallel' | 'enqueue' | 'killTrial' | 'reload';

export interface FirstRun {
  /** Set where the metric is not clear: the run waits for the order `chooseMetric`. The likeliest first. */
  readonly question?: readonly MetricCandidate[];
}

/** A number that a program printed under a name. */
export interface MetricCandidate {
  readonly name: string;
  readonly last: number;
  /** How often it was printed. */
  readonly count: number;
  readonly direction: 'minimize' | 'maximize';
  /** Whether the name, or how the values went, says which way is better. */
  readonly isDirectionSure: boolean;
}

export interface RunBudget {
  /** Finished trials to reach, over all runs of the study. Null: no limit known. */
  readonly trials: number | null;
  /** Milliseconds of running time, null: none. */
  readonly timeoutMs: number | null;
  /** When it ends before that. */
  readonly stopWhen?: StopRules;
}

/** What a record says, in any language; of an older one its English text. */
export function recordMessage({ message, words }: Pick<RunRecord, 'message' | 'words'>): Message | undefined {
  return message === undefined ? undefined : (readMessage({ ...words, text: message }) ?? verbatim(message));
}

/** A message as a record keeps it. */
export function recorded(message: Message | undefined): Pick<RunRecord, 'message' | 'words'> {
  if (message === undefined) return {};
  const { key, values, text } = message;
  return { message: text, ...(key === '' ? {} : { words: { key, values } }) };
}
