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
 * objective, whose best is `history.best`. Equal trials are all in it, one with a NaN never. Kept up to date trial by
 * trial: a complete trial never changes.
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
  const width = history.directions.length;
  for (let objective = 0; objective < width; objective++) {
    if (Number.isNaN(history.value(number, objective))) return;
  }
  if (numbers.some((other) => other === number || dominates(history, other, number))) return;
  front.numbers = numbers.filter((other) => !dominates(history, number, other));
  front.numbers.push(number);
  front.numbers.sort((a, b) => a - b);
}

/** No worse in every objective and better in one. */
function dominates(history: History, a: number, b: number): boolean {
  const { directions } = history;
  let isBetter = false;
  for (let objective = 0; objective < directions.length; objective++) {
    const sign = directions[objective] === Direction.maximize ? -1 : 1;
    const own = sign * history.value(a, objective);
    const other = sign * history.value(b, objective);
    if (own > other) return false;
    if (own < other) isBetter = true;
  }
  return isBetter;
}
