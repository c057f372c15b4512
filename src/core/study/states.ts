/** Trial states and study directions with the numbers that Optuna stores. */

export const TrialState = { running: 0, complete: 1, pruned: 2, fail: 3, waiting: 4 } as const;
export type TrialState = (typeof TrialState)[keyof typeof TrialState];

export const Direction = { minimize: 1, maximize: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** Studies with more objectives than this are damaged: each takes room in every trial. */
export const MOST_OBJECTIVES = 64;

/** Studies of one storage beyond this are left out: each takes about 3 kB even when it is empty. */
export const MOST_STUDIES = 20_000;

/** Complete, pruned or failed: such a trial never changes again. */
export function isFinished(state: TrialState): boolean {
  return state === TrialState.complete || state === TrialState.pruned || state === TrialState.fail;
}
