import type { Dialect } from '../dialect.ts';
import type { Cell } from '../read/rowDecoder.ts';
import type { ServerUrl } from './serverUrl.ts';

/** What a query is given in place of its question marks. An array stands for the list of an `isIn`. */
export type Argument = string | number | null | readonly (string | number | null)[];

/** Somebody who answers SQL: a connection, maybe within a transaction. Parameters are question marks. */
export interface Queries {
  rows(sql: string, args?: readonly Argument[]): Promise<Cell[][]>;
  /** Returns how many rows were found or made, and the first id that MySQL gave. */
  run(sql: string, args?: readonly Argument[]): Promise<{ readonly count: number; readonly firstId: number }>;
}

/** The queries of one transaction, one after the other on one connection. */
export interface Transaction extends Queries {
  /**
   * Asks for what needs no answer: it goes to the server with what is asked next, or with the end. Where it fails, the
   * transaction does.
   */
  tell(sql: string, args?: readonly Argument[]): void;
  /**
   * Locks a study as Optuna does: nobody else gives a number in it. False when there is none. The next one has the lock,
   * and sees what was written, once this is committed, which may be before it is durable: so many share one way to the disk.
   */
  lockStudy(id: number): Promise<boolean>;
}

/** A database on a server: a few connections, opened when they are needed, closed when they are not. */
export interface ServerDatabase extends Queries {
  readonly url: ServerUrl;
  readonly dialect: Dialect;
  /** Called when a connection is gone, on either side. */
  onGone: () => void;
  /** Called when another one of several servers is asked from now on: its place, such as `db2:5432`. */
  onMoved?: (place: string) => void;
  /**
   * Commits when `work` resolves, in one packet with its last statements, and resolves once that is durable. Throws
   * CommitLost when the acknowledgement of the commit is lost.
   */
  transaction<T>(work: (queries: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The connection broke while a transaction was being committed: it may have been, or not. */
export class CommitLost extends Error {
  constructor(cause: unknown) {
    super('The connection was lost while a transaction was committed.', { cause });
  }
}

/** A trial that is to be changed is not there: what the server has lost has to be looked for first. */
export class InDoubt extends Error {}

/** A change that the history shows already, but that the database cannot take any more. */
export class Overtaken extends Error {}

/** Why one of several servers is not asked. */
export interface Unfit {
  /** Such as `db2:5432`. */
  readonly place: string;
  readonly reason: string;
}

/** None of several servers can be asked for what is wanted. */
export class NoServer extends Error {
  readonly isForWriting: boolean;
  readonly unfit: readonly Unfit[];

  constructor(unfit: readonly Unfit[], isForWriting: boolean, cause: unknown) {
    super('None of the servers can be asked.', { cause });
    this.unfit = unfit;
    this.isForWriting = isForWriting;
  }
}

/** How long connecting may take, a query without any answer, and a connection without work, in milliseconds. */
export const CONNECT_MS = 10_000;
export const QUERY_MS = 60_000;
export const IDLE_MS = 30_000;
/** At most so many connections a store: one writes, one reads. */
export const CONNECTIONS = 2;
