import { trialsOutside } from '../../core/importance/usedTrials.ts';
import type { Distribution } from '../../core/space/distributions.ts';
import { History } from '../../core/study/history.ts';
import type { Direction } from '../../core/study/states.ts';
import { TrialState } from '../../core/study/states.ts';
import type { ImportanceSelection } from '../../protocol/panel.ts';

/** The trials of a study that importance is measured on as arrays that another thread can be given. */
export interface ImportanceColumns {
  readonly directions: readonly Direction[];
  /** By row 1 for a trial that is not among the best whatever its values: see `trialsOutside`. */
  readonly outside: Uint8Array<ArrayBuffer>;
  readonly states: Uint8Array<ArrayBuffer>;
  /** Whether row 0 is trial 0. */
  readonly hasFirst: boolean;
  /** How many trials are pruned or failed without a row. */
  readonly leftOut: { readonly pruned: number; readonly failed: number };
  /** `directions.length` a trial. */
  readonly values: Float64Array<ArrayBuffer>;
  readonly parameters: readonly {
    readonly name: string;
    readonly distributions: readonly Distribution[];
    /** 1 + place in `distributions`, 0 where a trial lacks the parameter. */
    readonly ids: Uint32Array<ArrayBuffer>;
    readonly internal: Float64Array<ArrayBuffer>;
  }[];
}

/** What importance is measured on; costs one pass over the trials. */
export function importanceColumns(history: History, selection: ImportanceSelection | null = null): ImportanceColumns {
  const { directions, values: all } = history;
  const never = trialsOutside(history, undefined);
  const isNever = new Uint8Array(history.length);
  for (const number of never) isNever[number] = 1;
  const isIn = membership(selection);
  const numbers = usedTrials(history, isNever).filter(isIn);
  const outside = Uint8Array.from(numbers, (number) => isNever[number] as number);
  const states = Uint8Array.from(numbers, (number) => history.state(number));
  const width = directions.length;
  const values = new Float64Array(numbers.length * width);
  for (let objective = 0; objective < width; objective++) {
    for (let row = 0; row < numbers.length; row++) {
      values[row * width + objective] = all[(numbers[row] as number) * width + objective] as number;
    }
  }
  const parameters = [...history.parameters.values()].map((column) => {
    const ids = new Uint32Array(numbers.length);
    const internal = new Float64Array(numbers.length);
    for (let row = 0; row < numbers.length; row++) {
      ids[row] = column.distributionIdAt(numbers[row] as number);
      internal[row] = column.internalAt(numbers[row] as number);
    }
    return { name: column.name, distributions: column.distributions, ids, internal };
  });
  const counts = { complete: 0, pruned: 0, failed: 0 };
  for (let number = 0; number < history.length; number++) {
    if (!isIn(number)) continue;
    const state = history.state(number);
    if (state === TrialState.complete) counts.complete++;
    else if (state === TrialState.pruned) counts.pruned++;
    else if (state === TrialState.fail) counts.failed++;
  }
  const usedPruned = numbers.length - counts.complete;
  const leftOut = { pruned: counts.pruned - usedPruned, failed: counts.failed };
  return { directions, outside, states, hasFirst: numbers[0] === 0, leftOut, values, parameters };
}

function membership(selection: ImportanceSelection | null): (number: number) => boolean {
  if (!selection) return () => true;
  const { bits } = selection;
  return (number) => (((bits[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
}

/** Complete trials, and pruned ones that are known not to be among the best. */
function usedTrials({ states }: History, isNever: Uint8Array): Uint32Array {
  const numbers = new Uint32Array(states.length);
  let count = 0;
  for (let number = 0; number < states.length; number++) {
    if (states[number] === TrialState.complete || isNever[number]) numbers[count++] = number;
  }
  return numbers.subarray(0, count);
}

/** The buffers of the columns, to be handed over instead of copied. */
export function buffersOf({ values, outside, states, parameters }: ImportanceColumns): ArrayBuffer[] {
  return [
    values.buffer,
    outside.buffer,
    states.buffer,
    ...parameters.flatMap(({ ids, internal }) => [ids.buffer, internal.buffer]),
  ];
}

/** The trials as a history again, numbered anew from 0. */
export function historyOf({ directions, states, values, parameters }: ImportanceColumns): History {
  const history = new History(directions);
  const width = directions.length;
  for (let row = 0; row < states.length; row++) {
    const params = parameters.flatMap(({ name, distributions, ids, internal }) => {
      const distribution = distributions[(ids[row] as number) - 1];
      return distribution ? [{ name, internal: internal[row] as number, distribution }] : [];
    });
    const own = [...values.subarray(row * width, (row + 1) * width)];
    const state = states[row] as TrialState;
    history.add({ state, values: state === TrialState.complete ? own : null, params });
  }
  return history;
}
