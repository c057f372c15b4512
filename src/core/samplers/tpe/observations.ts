import { contains, toInternal } from '../../space/distributionRules.ts';
import { RELATIVE_PARAMS } from '../../study/attributes.ts';
import type { ParameterColumn } from '../../study/columns/parameterColumn.ts';
import type { History } from '../../study/history.ts';
import { isFinished } from '../../study/states.ts';
import { parseJson } from '../../text/pythonJson.ts';
import type { Dimension } from './dimension.ts';

/** Reads the parameters of a group from the trials that have all of them. */
export class Observations {
  readonly #history: History;
  readonly #dimensions: readonly Dimension[];
  readonly #columns: (ParameterColumn | undefined)[];
  readonly #internals: Float64Array;

  constructor(history: History, dimensions: readonly Dimension[]) {
    this.#history = history;
    this.#dimensions = dimensions;
    this.#columns = dimensions.map(() => undefined);
    this.#internals = new Float64Array(dimensions.length);
  }

  /**
   * A trial's internal values (one buffer for all calls), or undefined when it lacks a parameter. A running trial of a
   * define-by-run objective counts with what it is about to try, which Optuna 5 and `Study.ask` publish with it.
   */
  read(number: number): Float64Array | undefined {
    let announced: Readonly<Record<string, unknown>> | undefined;
    for (let index = 0; index < this.#dimensions.length; index++) {
      const column = this.#column(index);
      if (column?.has(number)) {
        if (!column.isComparable(number)) return undefined;
        this.#internals[index] = column.internalAt(number);
        continue;
      }
      if (isFinished(this.#history.state(number))) return undefined;
      announced ??= announcedParams(this.#history, number);
      const internal = announcedInternal(this.#dimensions[index], announced);
      if (internal === undefined) return undefined;
      this.#internals[index] = internal;
    }
    return this.#internals;
  }

  /** The column, unless it holds another kind of parameter under this name (a study file that was changed). */
  #column(index: number): ParameterColumn | undefined {
    const known = this.#columns[index];
    if (known) return known;
    const { name, distribution } = this.#dimensions[index];
    const column = this.#history.parameters.get(name);
    if (!column?.accepts(distribution)) return undefined;
    this.#columns[index] = column;
    return column;
  }
}

function announcedInternal(dimension: Dimension, params: Readonly<Record<string, unknown>>): number | undefined {
  if (!Object.hasOwn(params, dimension.name)) return undefined;
  try {
    const internal = toInternal(dimension.distribution, params[dimension.name]);
    return contains(dimension.distribution, internal) ? internal : undefined;
  } catch {
    // Another program wrote it; a value that does not fit says nothing about this parameter.
    return undefined;
  }
}

/** The JSON that was cut into `tpe:relative_params:0`, `…:1` …; `{}` when there is none or a chunk is still missing. */
export function announcedParams(history: History, number: number): Readonly<Record<string, unknown>> {
  const attrs = history.systemAttrs(number);
  let text = '';
  for (let chunk = 0; typeof attrs[`${RELATIVE_PARAMS}:${chunk}`] === 'string'; chunk++) {
    text += attrs[`${RELATIVE_PARAMS}:${chunk}`];
  }
  if (text === '') return {};
  try {
    const params = parseJson(text);
    return typeof params === 'object' && params !== null ? (params as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
