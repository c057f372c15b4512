import type { JsonValue } from '../study/changes.ts';
import type { History } from '../study/history.ts';

/** The running trial in question; its latest report is already in `history`. */
export interface PruneContext {
  readonly history: History;
  readonly number: number;
  readonly studyName: string;
}

export interface PruneDecision {
  readonly prune: boolean;
  /** To be stored with the trial, whatever the decision: under Optuna's names where it has them. */
  readonly systemAttrs?: Readonly<Record<string, JsonValue>>;
}

/**
 * Decides whether a running trial is worth its further steps, by what is in the context alone. Only for studies with one
 * objective. Rules and defaults are Optuna's unless the file says otherwise.
 */
export interface Pruner {
  readonly name: string;
  shouldPrune(context: PruneContext): PruneDecision;
}

export const GO_ON: PruneDecision = { prune: false };
export const PRUNE: PruneDecision = { prune: true };
