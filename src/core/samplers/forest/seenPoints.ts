import type { History } from '../../study/history.ts';
import type { ParameterColumn } from '../../study/parameterColumn.ts';
import { isFinished } from '../../study/states.ts';
import type { UnitSpace } from './unitSpace.ts';

/** The configurations of a history, whatever became of them. */
export class SeenPoints {
  readonly #space: UnitSpace;
  readonly #counts = new Map<string, number>();
  /** What unfinished trials counted as: they may get further parameters. */
  readonly #open = new Map<number, string>();

  constructor(space: UnitSpace) {
    this.#space = space;
  }

  /** Takes in what a trial is now. */
  take(history: History, columns: readonly (ParameterColumn | undefined)[], number: number): void {
    this.drop(number);
    const key = columns.map((column) => (column?.has(number) ? column.internalAt(number) : Number.NaN)).join();
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (!isFinished(history.state(number))) this.#open.set(number, key);
  }

  /** Forgets an unfinished trial. */
  drop(number: number): void {
    const key = this.#open.get(number);
    if (key === undefined) return;
    this.#open.delete(number);
    const rest = (this.#counts.get(key) as number) - 1;
    if (rest > 0) this.#counts.set(key, rest);
    else this.#counts.delete(key);
  }

  has(point: Float64Array): boolean {
    return this.#counts.has(Array.from(point, (coordinate, index) => this.#internal(index, coordinate)).join());
  }

  #internal(index: number, coordinate: number): number {
    return Number.isNaN(coordinate) ? coordinate : this.#space.internal(index, coordinate);
  }
}
