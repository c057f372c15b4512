import { resolve } from 'node:path';
import { Mutex } from '../../eventLoop.ts';
import type { FileRules } from '../../regularFile.ts';
import { firstRead, TrackedView } from '../read/trackedView.ts';
import { openDatabase } from './openDatabase.ts';
import { lockedRetry } from './sqliteError.ts';
import { SqliteReader } from './sqliteReader.ts';

/** How long a reader waits for a database that others have locked, in milliseconds. */
const LOCKED_MS = 3000;

/**
 * An Optuna database in SQLite, read only. After the file was replaced or a study deleted, `studies()` returns new records.
 */
export class SqliteLog extends TrackedView {
  readonly kind = 'sqlite';
  readonly location: string;
  protected readonly reader: SqliteReader;
  readonly #reading = new Mutex();

  private constructor(path: string, rules: FileRules) {
    super();
    this.location = path;
    this.reader = new SqliteReader(path, () => openDatabase(path, rules));
  }

  static open(path: string, rules: FileRules = {}): Promise<SqliteLog> {
    return firstRead(new SqliteLog(resolve(path), rules));
  }

  /** Who created the file, such as `4.1.0`. */
  get optunaVersion(): string | undefined {
    return this.reader.optunaVersion;
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(() => lockedRetry(this.location, LOCKED_MS, 'read').run(() => this.reader.sync()));
  }

  async close(): Promise<void> {
    await this.#reading.run(async () => this.reader.close());
  }
}
