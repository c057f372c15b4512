import type { Distribution } from '../../core/space/distributions.ts';
import { History } from '../../core/study/history.ts';
import type { Direction } from '../../core/study/states.ts';
import { TrialState } from '../../core/study/states.ts';

/** The complete trials of a study as arrays that another thread can be given. */
export interface ImportanceColumns {
  readonly directions: readonly Direction[];
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
export function importanceColumns(history: History): ImportanceColumns {
  const { directions, values: all } = history;
  const numbers = completeTrials(history);
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
  return { directions, values, parameters };
}

function completeTrials({ states }: History): Uint32Array {
  const numbers = new Uint32Array(states.length);
  let count = 0;
  for (let number = 0; number < states.length; number++) {
    if (states[number] === TrialState.complete) numbers[count++] = number;
  }
  return numbers.subarray(0, count);
}

/** The buffers of the columns, to be handed over instead of copied. */
export function buffersOf({ values, parameters }: ImportanceColumns): ArrayBuffer[] {
  return [values.buffer, ...parameters.flatMap(({ ids, internal }) => [ids.buffer, internal.buffer])];
}

/** The complete trials as a history again, numbered anew from 0. */
export function historyOf({ directions, values, parameters }: ImportanceColumns): History {
  const history = new History(directions);
  const width = directions.length;
  for (let row = 0; row * width < values.length; row++) {
    const params = parameters.flatMap(({ name, distributions, ids, internal }) => {
      const distribution = distributions[(ids[row] as number) - 1];
      return distribution ? [{ name, internal: internal[row] as number, distribution }] : [];
    });
    const own = [...values.subarray(row * width, (row + 1) * width)];
    history.add({ state: TrialState.complete, values: own, params });
  }
  return history;
}
