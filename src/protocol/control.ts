/**
 * Orders to a running tuner, over its control socket (JSON-RPC 2.0 with Content-Length headers, as the Language Server
 * Protocol frames it). The first request on a connection is `hello` with the token of the run record; any other first
 * request, or a wrong token, closes the connection. Trials never travel here: they are in the storage.
 */
import type { RunRecord } from './runRecord.ts';

/** Whether a stop waits for the running trials or ends them too. */
export type StopMode = 'afterCurrent' | 'now';

/** One entry a request: adding one is enough for both sides to know it. */
export interface ControlRequests {
  hello: { params: { token: string; version: number }; result: ControlStatus };
  status: { params: Record<never, never>; result: ControlStatus };
  /** `afterCurrent`: no new trials, running ones finish. `now`: running trials' process trees are ended and recorded as failed. */
  stop: { params: { mode: StopMode }; result: ControlStatus };
  pause: { params: Record<never, never>; result: ControlStatus };
  resume: { params: Record<never, never>; result: ControlStatus };
  setBudget: { params: { trials?: number | null; timeoutMs?: number | null }; result: ControlStatus };
  setParallel: { params: { parallel: number }; result: ControlStatus };
  /** Adds a waiting trial with these (maybe partial) parameters. */
  enqueue: { params: { params: Record<string, unknown> }; result: { number: number } };
  /** Ends one running trial's process tree; the trial is recorded as failed. */
  killTrial: { params: { number: number }; result: ControlStatus };
  /** Reads the study file again: its space, sampler, pruner and command from the next trial on, its budget and parallelism at once. */
  reload: { params: Record<never, never>; result: ControlStatus };
  /** Answers the question of a first run: which printed number is the metric. */
  chooseMetric: { params: { metric: string; direction: 'minimize' | 'maximize' }; result: ControlStatus };
}

export type ControlMethod = keyof ControlRequests;

/** What each order may say, and nothing else. */
export const ORDER_FIELDS: {
  readonly [M in Exclude<ControlMethod, 'hello'>]: readonly (keyof ControlRequests[M]['params'])[];
} = {
  status: [],
  stop: ['mode'],
  pause: [],
  resume: [],
  setBudget: ['trials', 'timeoutMs'],
  setParallel: ['parallel'],
  enqueue: ['params'],
  killTrial: ['number'],
  reload: [],
  chooseMetric: ['metric', 'direction'],
};

export interface ControlStatus {
  readonly record: Omit<RunRecord, 'token'>;
  /** Trials that this tuner is running now. */
  readonly running: readonly { readonly number: number; readonly pid: number | null; readonly startedAt: number }[];
  /** Finished trials (complete, pruned, failed) that count against the budget. */
  readonly finished: number;
}

/** Notifications from the tuner: the record changed (state, budget, storage known). */
export interface ControlNotifications {
  status: ControlStatus;
}
