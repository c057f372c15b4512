import type { Params } from '../../core/space/distributions.ts';
import type { History } from '../../core/study/history.ts';
import type { TrialState } from '../../core/study/states.ts';
import type { MetricCandidate, RunBudget, RunState } from '../../protocol/runRecord.ts';

/** Events of a session, for a terminal. They come in the order in which things happen. */
export interface SessionEvents {
  opened?(view: SessionView): void;
  trialStarted?(number: number, params: Params): void;
  trialReported?(number: number, value: number, step: number): void;
  /** It waits for its promotion. */
  trialPaused?(number: number, value: number, step: number): void;
  trialEnded?(number: number, state: TrialState, values: readonly number[] | null, reason: string | undefined): void;
  /** Something worth a line: a repaired trial, a pause, a stop. */
  note?(sentence: string): void;
  output?(line: string): void;
  /**
   * Which printed number is the metric? `nobody`: there is nobody to ask here. Absent: a client of the control socket
   * answers. The signal: somebody else has answered.
   */
  askMetric?(candidates: readonly MetricCandidate[], signal: AbortSignal): Promise<MetricChoice | 'nobody'>;
}

export interface MetricChoice {
  readonly metric: string;
  readonly direction: 'minimize' | 'maximize';
}

/** A live look at the session. */
export interface SessionView {
  readonly studyName: string;
  /** Trials that the study had before this run. */
  readonly knownTrials: number;
  readonly storage: string;
  readonly history: History;
  readonly metrics: readonly string[];
  readonly state: () => RunState;
  readonly budget: () => RunBudget;
  /** Finished trials that count in the budget. */
  readonly finished: () => number;
  readonly runningTrials: () => readonly number[];
}
