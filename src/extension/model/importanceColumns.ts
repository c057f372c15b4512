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
  const numbers: number[] = [];
  const { states, directions } = history;
  for (let number = 0; number < states.length; number++) {
    if (states[number] === TrialState.complete) numbers.push(number);
  }
  const width = directions.length;
  const values = new Float64Array(numbers.length * width);
  for (const [row, number] of numbers.entries()) {
    for (let objective = 0; objective < width; objective++) {
      values[row * width + objective] = history.value(number, objective);
    }
  }
  const parameters = [...history.parameters.values()].map((column) => {
    const places = new Map(column.distributions.map((distribution, place) => [distribution, place + 1]));
    const ids = Uint32Array.from(numbers, (number) => {
      const distribution = column.distribution(number);
      return distribution ? (places.get(distribution) as number) : 0;
    });
    const internal = Float64Array.from(numbers, (number) => column.internal[number] ?? Number.NaN);
    return { name: column.name, distributions: column.distributions, ids, internal };
  });
  return { directions, values, parameters };
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
