import { SortedColumn } from '../fronts/sortedColumn.ts';
import { completedRung } from '../study/attributes.ts';
import type { JsonValue } from '../study/changes.ts';
import type { History } from '../study/history.ts';

/** The rung that a trial is working for: the first that it has not reached. */
export function currentRung(systemAttrs: Readonly<Record<string, JsonValue>>): number {
  let rung = 0;
  while (Object.hasOwn(systemAttrs, completedRung(rung))) rung++;
  return rung;
}

/** What the trials of a history had reported at each rung, sorted, by groups that compete among themselves. */
export class Rungs {
  readonly #history: History;
  readonly #groupOf: (number: number) => number;
  readonly #groups = new Map<number, SortedColumn[]>();
  /** Rungs of a trial that are taken in. */
  readonly #taken = new Map<number, number>();
  #revision = 0;

  constructor(history: History, groupOf: (number: number) => number) {
    this.#history = history;
    this.#groupOf = groupOf;
  }

  /** The values of a rung, undefined when nobody has reached it. */
  values(group: number, rung: number): SortedColumn | undefined {
    this.#update();
    return this.#groups.get(group)?.[rung];
  }

  #update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) this.#take(number, history.systemAttrs(number));
    this.#revision = history.revision;
  }

  #take(number: number, attrs: Readonly<Record<string, JsonValue>>): void {
    const from = this.#taken.get(number) ?? 0;
    if (!Object.hasOwn(attrs, completedRung(from))) return;
    const group = this.#groupOf(number);
    let rungs = this.#groups.get(group);
    if (!rungs) {
      rungs = [];
      this.#groups.set(group, rungs);
    }
    let rung = from;
    for (; Object.hasOwn(attrs, completedRung(rung)); rung++) {
      rungs[rung] ??= new SortedColumn();
      const value = Number(attrs[completedRung(rung)]);
      if (!Number.isNaN(value)) rungs[rung]?.insert(value);
    }
    this.#taken.set(number, rung);
  }
}
