/** What the tuner or the engine that started a worker tells it, in its environment. */
export const RUN_VARIABLE = 'TUNEBOARD_RUN';
export const ENGINE_VARIABLE = 'TUNEBOARD_ENGINE';
export const JOB_VARIABLE = 'TUNEBOARD_JOB';

/** The workers of a run on a cluster, as its run record keeps them: whoever reopens it finds them. */
export interface WorkerRecord {
  /** The engine's own name for it. */
  readonly id: string;
  readonly state: 'queued' | 'running' | 'ended' | 'failed' | 'lost';
  /** The node that it is on, as far as the engine says. */
  readonly where?: string;
  /** Why it waits, or how it ended. */
  readonly reason?: string;
}

export function isAtWork({ state }: Pick<WorkerRecord, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}
