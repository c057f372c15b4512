import { isFeasible } from '../../core/study/constraints.ts';
import type { History } from '../../core/study/history.ts';
import { Direction, TrialState } from '../../core/study/states.ts';

interface Front {
  readonly history: History;
  revision: number;
  numbers: number[];
}

const fronts = new WeakMap<History, Front>();

/**
 * The complete, feasible trials that no other one beats in every objective, ascending; empty for a study with one
 * objective, whose best is `history.best`. Kept up to date trial by trial: a complete trial never changes.
 */
export function paretoFront(history: History): readonly number[] {
  if (history.directions.length < 2) return [];
  const front = fronts.get(history) ?? { history, revision: 0, numbers: [] };
  fronts.set(history, front);
  if (front.revision === history.revision) return front.numbers;
  for (const number of history.changedSince(front.revision)) {
    if (history.state(number) === TrialState.complete && isFeasible(history.systemAttrs(number))) insert(front, number);
  }
  front.revision = history.revision;
  return front.numbers;
}

function insert(front: Front, number: number): void {
  const { history, numbers } = front;
  if (numbers.some((other) => other === number || dominates(history, other, number))) return;
  front.numbers = numbers.filter((other) => !dominates(history, number, other));
  front.numbers.push(number);
  front.numbers.sort((a, b) => a - b);
}

/** No worse in every objective and better in one. A NaN is never better. */
function dominates(history: History, a: number, b: number): boolean {
  let isBetter = false;
  for (const [objective, direction] of history.directions.entries()) {
    const sign = direction === Direction.maximize ? -1 : 1;
    const difference = sign * (history.value(a, objective) - history.value(b, objective));
    if (!(difference <= 0)) return false;
    if (difference < 0) isBetter = true;
  }
  return isBetter;
}
