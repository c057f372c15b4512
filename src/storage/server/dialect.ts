import type { SchemaFacts } from './schemaFacts.ts';
import type { Argument, Queries } from './serverDatabase.ts';
import type { ChildTable } from './tables.ts';

/** One new row of `trials`: number, study, state, start, completion. */
export type NewTrial = readonly [number, number, string, string | null, string | null];

/** A trial whose state changes: id, study, number, state, start, completion; a null keeps the time that is there. */
export type ChangedTrial = readonly [number, number, number, string, string | null, string | null];

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
  /** Locks what a SELECT finds until the end of the transaction. */
  readonly forUpdate: string;
  /** Adds rows to a table; one that is there already is changed. No two of them may be of the same key. */
  upsert(queries: Queries, table: ChildTable, rows: readonly (readonly Argument[])[]): Promise<void>;
  /** The ids of the new trials, by their places in `trials`. The caller has their studies locked. */
  insertTrials(queries: Queries, trials: readonly NewTrial[]): Promise<number[]>;
  updateTrials(queries: Queries, trials: readonly ChangedTrial[]): Promise<void>;
  /** The study's id, undefined when the name is taken. */
  insertStudy(queries: Queries, name: string): Promise<number | undefined>;
  /** Signs of life of running trials. */
  heartbeat(queries: Queries, trialIds: readonly number[]): Promise<void>;
  /** Which of Optuna's tables there are, and what their columns hold. */
  inspect(queries: Queries): Promise<SchemaFacts>;
  /** Makes the tables that are missing, and the rows that tell their version. */
  createTables(queries: Queries, missing: ReadonlySet<string>): Promise<void>;
}
