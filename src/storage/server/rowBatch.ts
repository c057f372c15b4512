import type { ChangedTrial, Dialect, NewTrial } from './dialect.ts';
import type { Argument, Queries } from './serverDatabase.ts';
import type { ChildTable } from './tables.ts';

/** A trial whose rows are written; a new one has its id once its own row is there. */
export interface TrialRef {
  id: number;
}

type Row = readonly Argument[];

/** Rows to write, collected so that any number of them takes one statement a table. Of rows with one key the last one counts. */
export class RowBatch {
  readonly #newTrials: { readonly ref: TrialRef; readonly row: NewTrial }[] = [];
  readonly #changedTrials = new Map<number, ChangedTrial>();
  readonly #beating = new Set<TrialRef>();
  readonly #parts = new Map<ChildTable, Map<TrialRef, Map<string | number, Row>>>();

  addTrial(row: NewTrial): TrialRef {
    const ref = { id: -1 };
    this.#newTrials.push({ ref, row });
    return ref;
  }

  /** A later change of the same trial goes on from the earlier one. */
  changeTrial([id, study, number, state, start, complete]: ChangedTrial): void {
    const before = this.#changedTrials.get(id);
    this.#changedTrials.set(id, [
      id,
      study,
      number,
      state,
      start ?? before?.[4] ?? null,
      complete ?? before?.[5] ?? null,
    ]);
  }

  /** `key` is what is unique within the owner: a name, a step, an objective; `rest` the other columns. */
  add(table: ChildTable, owner: TrialRef, key: string | number, ...rest: Argument[]): void {
    const owners = this.#parts.get(table) ?? new Map<TrialRef, Map<string | number, Row>>();
    const rows = owners.get(owner) ?? new Map<string | number, Row>();
    this.#parts.set(table, owners.set(owner, rows.set(key, [key, ...rest])));
  }

  /** A sign of life of a trial that runs once everything is written. */
  beat(trial: TrialRef): void {
    this.#beating.add(trial);
  }

  /** Writes everything and is empty again. */
  async write(queries: Queries, dialect: Dialect): Promise<void> {
    const created = this.#newTrials.splice(0);
    const changed = [...this.#changedTrials.values()];
    this.#changedTrials.clear();
    if (created.length > 0) {
      const rows = created.map(({ row }) => row);
      const ids = await dialect.insertTrials(queries, rows);
      for (const [index, { ref }] of created.entries()) ref.id = ids[index] as number;
    }
    const writes: Promise<void>[] = [];
    for (const [table, owners] of this.#parts) {
      const rows: Row[] = [];
      for (const [{ id }, parts] of owners) for (const part of parts.values()) rows.push([id, ...part]);
      writes.push(dialect.upsert(queries, table, rows));
    }
    this.#parts.clear();
    if (changed.length > 0) writes.push(dialect.updateTrials(queries, changed));
    const beating = [...this.#beating].map(({ id }) => id);
    this.#beating.clear();
    if (beating.length > 0) writes.push(dialect.heartbeat(queries, beating));
    await Promise.all(writes);
  }
}
