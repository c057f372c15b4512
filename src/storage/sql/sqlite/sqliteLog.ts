import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StudyRecord, TrialLog } from '../../../core/study/studyStore.ts';
import { Mutex } from '../../eventLoop.ts';
import type { ExactAttrs } from '../../exactAttrs.ts';
import type { FileRules } from '../../regularFile.ts';
import { openDatabase } from './openDatabase.ts';
import { fromSqliteError } from './sqliteError.ts';
import { SqliteReader } from './sqliteReader.ts';

/** How long a database that somebody writes is tried again, and how often, in milliseconds. */
const LOCKED_MS = 3000;
const RETRY_MS = 50;

/**
 * An Optuna database in SQLite, read only. After the file was replaced or a study deleted, `studies()` returns new records.
 */
export class SqliteLog implements TrialLog {
  readonly kind = 'sqlite';
  readonly location: string;
  readonly #reading = new Mutex();
  readonly #reader: SqliteReader;

  private constructor(path: string, rules: FileRules) {
    this.location = path;
    this.#reader = new SqliteReader(path, () => openDatabase(path, rules));
  }

  static async open(path: string, rules: FileRules = {}): Promise<SqliteLog> {
    const log = new SqliteLog(resolve(path), rules);
    try {
      await log.refresh();
    } catch (error) {
      await log.close();
      throw error;
    }
    return log;
  }

  /** Who created the file, such as `4.1.0`. */
  get optunaVersion(): string | undefined {
    return this.#reader.optunaVersion;
  }

  get warnings(): readonly string[] {
    return this.#reader.tracker.warnings;
  }

  /** Attributes in Python's spelling, where the history's plain values lose it. */
  get exactAttrs(): ExactAttrs | undefined {
    return this.#reader.opened?.rows.decoder.exact;
  }

  studies(): readonly StudyRecord[] {
    return this.#reader.tracker.studies;
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(async () => {
      for (const until = performance.now() + LOCKED_MS; ; await sleep(RETRY_MS)) {
        try {
          return await this.#reader.sync();
        } catch (cause) {
          const error = fromSqliteError(cause, this.location);
          if (error.code !== 'locked' || performance.now() > until) throw error;
        }
      }
    });
  }

  async close(): Promise<void> {
    await this.#reading.run(async () => this.#reader.close());
  }
}
