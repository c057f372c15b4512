import type { ControlStatus } from '../../protocol/control.ts';
import type { RunningObjective } from '../objective/objective.ts';
import type { TrialRecorder } from './trialRecorder.ts';

/** A trial that a session runs. */
export interface ActiveTrial {
  readonly number: number;
  readonly startedAt: number;
  readonly recorder: TrialRecorder;
  objective: RunningObjective | undefined;
  /** Asked to end before its process was there. */
  endEarly: 'stopped' | 'killed' | undefined;
  /** Resolves when its end is durable and announced, or has failed the study. */
  followed: Promise<void>;
}

/** What a control client is told about it. */
export function shownTrial({ number, objective, startedAt }: ActiveTrial): ControlStatus['running'][number] {
  return { number, pid: objective?.pid ?? null, startedAt };
}

export function endTrial(trial: ActiveTrial, cause: 'stopped' | 'killed'): void {
  if (trial.objective) trial.objective.end(cause);
  else trial.endEarly = cause;
}
