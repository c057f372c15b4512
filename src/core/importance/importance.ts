import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import type { History } from '../study/history.ts';
import { Direction, TrialState } from '../study/states.ts';

/** How much of what matters a parameter decides, 0 to 1; all parameters together make 1. */
export interface Importance {
  readonly name: string;
  readonly importance: number;
}

export interface ImportanceQuery {
  /** Parameters to assess; by default all that the method can. Throws `no-parameter` when no complete trial has one. */
  readonly params?: readonly string[];
  /** The objective in question, from 0. By default the only one; with several, see the method. */
  readonly objective?: number;
}

/** Numbers of the complete trials whose value of the objective, or of all when it is undefined, is finite. */
export function finiteTrials(history: History, objective: number | undefined): number[] {
  const trials: number[] = [];
  const { states, values, directions } = history;
  const width = directions.length;
  const [from, to] = objective === undefined ? [0, width] : [objective, objective + 1];
  for (let number = 0; number < states.length; number++) {
    if (states[number] !== TrialState.complete) continue;
    const own = values.subarray(number * width + from, number * width + to);
    if (own.every(Number.isFinite)) trials.push(number);
  }
  return trials;
}

/** The value of an objective with its sign turned where it is maximised: smaller is better. */
export function lossOf(history: History, number: number, objective: number): number {
  const value = history.value(number, objective);
  return history.directions[objective] === Direction.maximize ? -value : value;
}

/** Checks what is asked: throws `no-objective` and `no-parameter` in one sentence. */
export function checkQuery(history: History, { params = [], objective }: ImportanceQuery): void {
  const width = history.directions.length;
  if (objective !== undefined && !(Number.isInteger(objective) && objective >= 0 && objective < width)) {
    throw new TuneboardError('no-objective', coreMessage('thereNoObjectiveStudy0', { objective, width }));
  }
  for (const name of params) {
    if (!history.parameters.has(name)) {
      throw new TuneboardError('no-parameter', coreMessage('noTrialParameterLeaveOut', { name }));
    }
  }
}

/** Shares of the whole, the largest first, equal ones by name; all equal when nothing matters. */
export function normalised(names: readonly string[], raw: ArrayLike<number>): Importance[] {
  let total = 0;
  for (let index = 0; index < names.length; index++) total += raw[index];
  const share = (index: number) => (total > 0 ? raw[index] / total : 1 / names.length);
  return names
    .map((name, index) => ({ name, importance: share(index) }))
    .sort((a, b) => b.importance - a.importance || (a.name < b.name ? -1 : 1));
}
