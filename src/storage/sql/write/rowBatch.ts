import type { Argument, Transaction } from '../connect/serverDatabase.ts';
import type { ChangedTrial, Dialect, NewTrial, PartRow, TrialRef } from '../dialect.ts';
import type { ChildTable } from '../tables.ts';

/** Rows to write, collected so that any number of them takes a few statements. Of rows with one key the last one counts. */
export class RowBatch {
  readonly #newTrials: { readonly ref: TrialRef; readonly row: NewTrial }[] = [];
  readonly #changedTrials = new Map<number, ChangedTrial>();
  readonly #beating = new Set<TrialRef>();
  /** Ids of the trials that wait: the heartbeats of their last worker are not those of the next one, which may give none. */
  readonly #waiting = new Set<number>();
  /** By table, then by the owner's id, or by the owner itself that has none yet, then by key. */
  readonly #parts = new Map<ChildTable, Map<TrialRef | number, Map<string | number, PartRow>>>();

  addTrial(row: NewTrial): TrialRef {
    const ref = { id: -1 };
    this.#newTrials.push({ ref, row });
    return ref;
  }

  /** A later change of the same trial goes on from the earlier one. */
  changeTrial([id, study, number, state, start, complete]: ChangedTrial): void {
    const before = this.#changedTrials.get(id);
    if (state === 'WAITING') this.#waiting.add(id);
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
    const owners = this.#parts.get(table) ?? new Map<TrialRef | number, Map<string | number, PartRow>>();
    const whose = owner.id === -1 ? owner : owner.id;
    const rows = owners.get(whose) ?? new Map<string | number, PartRow>();
    this.#parts.set(table, owners.set(whose, rows.set(key, { owner, rest: [key, ...rest] })));
  }

  /** A sign of life of a trial that runs once everything is written. */
  beat(trial: TrialRef): void {
    this.#beating.add(trial);
  }

  /** Writes everything and is empty again. Resolves once new trials have their ids. */
  async write(transaction: Transaction, dialect: Dialect): Promise<void> {
    const parts = new Map<ChildTable, PartRow[]>();
    for (const [table, owners] of this.#parts)
      parts.set(
        table,
        [...owners.values()].flatMap((rows) => [...rows.values()]),
      );
    const rows = { created: this.#newTrials.splice(0), changed: [...this.#changedTrials.values()], parts };
    const beating = [...this.#beating];
    const waiting = [...this.#waiting];
    for (const written of [this.#changedTrials, this.#parts, this.#beating, this.#waiting]) written.clear();
    await dialect.write(transaction, rows);
    if (waiting.length > 0) {
      transaction.tell(`DELETE FROM trial_heartbeats WHERE ${dialect.isIn('trial_id')}`, [waiting]);
    }
    if (beating.length > 0) transaction.tell(dialect.heartbeat, [beating.map(({ id }) => id)]);
  }
}
