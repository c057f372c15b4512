import type { Argument, Queries, Transaction } from './connect/serverDatabase.ts';
import type { SchemaFacts } from './schemaFacts.ts';
import type { ChildTable } from './tables.ts';

/** One new row of `trials`: number, study, state, start, completion. */
export type NewTrial = readonly [number, number, string, string | null, string | null];

/** A trial whose state changes: id, study, number, state, start, completion; a null keeps the time that is there. */
export type ChangedTrial = readonly [number, number, number, string, string | null, string | null];

/** A trial whose rows are written; a new one has its id once that is reserved, or its own row is there. */
export interface TrialRef {
  id: number;
}

/** A row of a part of a trial: whose it is, and the columns after the owner's id. */
export interface PartRow {
  readonly owner: TrialRef;
  readonly rest: readonly Argument[];
}

/** Rows to write together; none is there twice. */
export interface Rows {
  readonly created: readonly { readonly ref: TrialRef; readonly row: NewTrial }[];
  readonly changed: readonly ChangedTrial[];
  readonly parts: ReadonlyMap<ChildTable, readonly PartRow[]>;
}

/** What PostgreSQL and MySQL say in different words. */
export interface Dialect {
  readonly name: 'PostgreSQL' | 'MySQL';
  quote(name: string): string;
  /** `column` is one of a list of ids, which is one argument and not empty. */
  isIn(column: string): string;
  /** An enumeration or a text, as every SELECT of a UNION has to have it. */
  asText(column: string): string;
  readonly noText: string;
  readonly noNumber: string;
  /** Seconds of `CURRENT_TIMESTAMP`, or of a time column, in the session's time zone. */
  seconds(time: string): string;
  /**
   * Ids for new trials of a study, ascending; the caller has the study locked. Undefined where only the new rows
   * themselves tell their ids.
   */
  readonly reserveIds: ((queries: Queries, count: number) => Promise<number[]>) | undefined;
  /**
   * Adds rows, and changes those of parts that are there already. The caller has the studies of new trials locked.
   * Resolves once these have their ids: the rest goes along with what is asked next.
   */
  write(transaction: Transaction, rows: Rows): Promise<void>;
  /** The study's id, undefined when the name is taken. */
  insertStudy(queries: Queries, name: string): Promise<number | undefined>;
  /** Gives signs of life of those trials of a list of ids that run. */
  readonly heartbeat: string;
  /** Which of Optuna's tables there are, and what their columns hold. */
  inspect(queries: Queries): Promise<SchemaFacts>;
  /** Makes the tables that are missing, and the rows that tell their version. */
  createTables(queries: Queries, missing: ReadonlySet<string>): Promise<void>;
}
