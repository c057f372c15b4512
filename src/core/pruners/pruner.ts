import type { History } from '../study/history.ts';

/** Decides whether a running trial is worth its further steps. Rules and defaults are Optuna's unless the file says otherwise. */
export interface Pruner {
  readonly name: string;
  /** `number`'s latest report is already in `history`. Only for studies with one objective. */
  shouldPrune(history: History, number: number): boolean;
}
