/** What the tuner or the engine that started a worker tells it, in its environment. */
export const RUN_VARIABLE = 'TUNEBOARD_RUN';
export const ENGINE_VARIABLE = 'TUNEBOARD_ENGINE';
export const JOB_VARIABLE = 'TUNEBOARD_JOB';

/** Where a worker finds the storage's password (see ServerUrl). */
export const PASSWORD_VARIABLE = 'TUNEBOARD_STORAGE_PASSWORD';

/** The workers of a run on a cluster, as its run record keeps them: the next tuner finds them there. */
export interface WorkerRecord {
  /** The engine's own name for it. */
  readonly id: string;
  readonly state: 'queued' | 'running' | 'ended' | 'failed' | 'lost';
  /** The node that it is on, as far as the engine says. */
  readonly where?: string;
  /** Why it waits, or how it ended. */
  readonly reason?: string;
}

/** Workers that a stop could not reach: where they are, for the next attempt to end them. */
export interface LeftWorkers {
  readonly engine: 'ray' | 'slurm';
  /** Address of the dashboard, or the login node; null: this machine has Slurm's commands. */
  readonly place: string | null;
  /** The engine's names for them. Of some it may never have heard. */
  readonly ids: readonly string[];
  /** What Slurm calls all jobs of the run; set where it may have taken some without being heard. */
  readonly jobName?: string;
  /** Absolute path of the authorities that the dashboard's certificate may be of, where the study file names one. */
  readonly verify?: string;
}

export function isAtWork({ state }: Pick<WorkerRecord, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}
