import type { LeftWorkers } from '../../protocol/workers.ts';
import type { WorkerStorage } from '../../storage/kinds.ts';

/** An engine that places workers on a cluster. It knows nothing of trials: those are in the storage. */
export interface Executor {
  readonly engine: 'ray' | 'slurm';
  /** Where the cluster is, as a person would name it. */
  readonly place: string;
  /**
   * Makes the working folder available to workers, and says so (`note`). Throws where the cluster can't be reached, or the
   * folder can't be sent.
   */
  prepare(note: (sentence: string) => void): Promise<void>;
  /** Asks for so many workers more. Returns the engine's names for them. */
  submit(count: number): Promise<readonly string[]>;
  /** Workers that the engine has started in spite of a lost acknowledgement. Each is reported once. */
  unheard(): Promise<readonly string[]>;
  /** When the engine last answered, in milliseconds of `performance.now()`; 0: never. */
  readonly heardAt: number;
  /** Whether it was asked for workers that may be there or still come: it has not answered, and `unheard` has not found them. */
  readonly isAsking: boolean;
  /** Asks for no more workers from here on. What it has been asked for already is for `submit` and `unheard` to tell. */
  stopAsking(): void;
  /** These workers and those of lost acknowledgements, to be ended later. */
  left(ids: readonly string[]): LeftWorkers;
  /** How these workers are. One that the engine does not know any more is missing. */
  poll(ids: readonly string[]): Promise<ReadonlyMap<string, WorkerReport>>;
  /** Ends workers, queued and running ones. Those that have ended are passed over. */
  cancel(ids: readonly string[]): Promise<void>;
  /** What a worker has printed from a position on, and the next position. */
  readLog(id: string, from: number): Promise<{ readonly text: string; readonly next: number }>;
  /** Lets go of questions that are not answered yet. Nothing is asked after it. */
  close(): void;
  /** Whether the output of trials is only in the workers' logs: they run in a copy of the run folder. */
  readonly isApart: boolean;
  /** Whether its nodes are other machines than this one, as far as is known. */
  readonly isElsewhere: boolean;
}

/** `ended`: it had nothing left to do. `failed`: its program failed. `lost`: the engine took it away, or it was killed. */
export type WorkerState = 'queued' | 'running' | 'ended' | 'failed' | 'lost';

export interface WorkerReport {
  readonly state: WorkerState;
  /** The node that it is on, as far as the engine says. */
  readonly where: string | null;
  /** Why it waits, or how it ended, in the engine's words. */
  readonly reason: string | null;
}

/** What every worker of a run gets. */
export interface WorkerOrder extends WorkerStorage {
  /** Absolute path of the study file. */
  readonly source: string;
  readonly studyName: string;
  /** Path of this program. */
  readonly cli: string;
  /** The run that its orders come from. */
  readonly run: string;
  readonly heartbeatMs: number;
  readonly checkpoints: string | null;
  readonly node: string;
  readonly python: string | null;
}

/** The command of this program, for itself alone, that ends what a stop has left on a cluster. */
export const END_COMMAND = 'end-workers';

/** The arguments of `tuneboard worker`. Paths as the worker sees them; nothing secret. */
export function workerArguments(order: WorkerOrder, studyFile: string, isApart: boolean): string[] {
  return [
    'worker',
    '--study-file',
    studyFile,
    '--study',
    order.studyName,
    '--storage',
    order.storage,
    '--heartbeat',
    `${order.heartbeatMs}ms`,
    ...(order.checkpoints === null ? [] : ['--checkpoints', order.checkpoints]),
    ...(order.python === null ? [] : ['--python', order.python]),
    ...(isApart ? ['--echo'] : []),
  ];
}
