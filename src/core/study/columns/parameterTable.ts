import type { StoredParam } from '../changes.ts';
import { ParameterColumn } from './parameterColumn.ts';

/** Names beyond this are damage: each is looked for in every trial. */
const MOST_NAMES = 10_000;

/** The parameters of all trials of a study as columns, and the order in which each trial suggested its own. */
export class ParameterTable {
  readonly #byName = new Map<string, ParameterColumn>();
  readonly #columns: ParameterColumn[] = [];
  /** A trial's own order of parameters, kept only where it differs from the order of the columns. */
  readonly #orders = new Map<number, number[]>();
  readonly #lastColumn: number[] = [];

  /** Columns by name, in the order first seen. */
  get byName(): ReadonlyMap<string, ParameterColumn> {
    return this.#byName;
  }

  /** The columns in which a trial may have something, in its own order. */
  columnsOf(number: number): readonly ParameterColumn[] {
    const order = this.#orders.get(number);
    return order ? order.map((index) => this.#columns[index]) : this.#columns;
  }

  set(number: number, { name, internal, distribution }: StoredParam): void {
    const column = this.#byName.get(name) ?? this.#addColumn(name);
    if (!column) return;
    const isNew = !column.has(number);
    column.set(number, internal, distribution);
    if (!isNew) return;
    const order = this.#orders.get(number);
    const last = this.#lastColumn[number] ?? -1;
    if (order) order.push(column.index);
    else if (column.index < last) {
      const earlier = this.#columns.filter((other) => other !== column && other.has(number));
      this.#orders.set(number, [...earlier.map((other) => other.index), column.index]);
    }
    this.#lastColumn[number] = Math.max(last, column.index);
  }

  /** Counts a trial that a model can learn from in the columns of its parameters. */
  countInformative(number: number): void {
    for (const column of this.#columns) if (column.has(number)) column.countInformative();
  }

  #addColumn(name: string): ParameterColumn | undefined {
    if (this.#columns.length >= MOST_NAMES) return undefined;
    const column = new ParameterColumn(name, this.#columns.length);
    this.#byName.set(name, column);
    this.#columns.push(column);
    return column;
  }
}
