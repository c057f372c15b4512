import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { Mutex } from '../eventLoop.ts';
import type { ExactAttrs } from '../exactAttrs.ts';
import { type OpenedServer, openServer } from './openServer.ts';
import { persistently } from './persistently.ts';
import { ServerReader } from './serverReader.ts';
import { ServerUrl } from './serverUrl.ts';

/** A connection that broke while nobody used it is noticed by the next query: that is tried again, in milliseconds. */
const PATIENCE_MS = 500;

/**
 * Opens the database of a URL for reading, with `password` where it is not in the URL or the environment. A window loads
 * this, and the drivers with it, when it needs them.
 */
export function openServerLog(
  url: string,
  options: { readonly password?: string | undefined; readonly studyName?: string | undefined },
): Promise<TrialLog> {
  return ServerLog.open(ServerUrl.parse(url, options.password), options);
}

/** An Optuna database on a PostgreSQL or MySQL server, read only. After a study was deleted, `studies()` has it no more. */
export class ServerLog implements TrialLog {
  readonly kind: 'postgresql' | 'mysql';
  readonly location: string;
  readonly #opened: OpenedServer;
  readonly #reader: ServerReader;
  readonly #reading = new Mutex();

  private constructor(opened: OpenedServer, studyName: string | undefined) {
    this.#opened = opened;
    this.kind = opened.database.url.kind;
    this.location = opened.database.url.location;
    this.#reader = new ServerReader(opened, studyName);
  }

  /** Connects, and reads what is there; `studyName` limits that to one study. Throws one sentence when it cannot be. */
  static async open(url: ServerUrl, options: { studyName?: string | undefined } = {}): Promise<ServerLog> {
    const log = new ServerLog(await openServer(url, { create: false }), options.studyName);
    try {
      await log.refresh();
    } catch (error) {
      await log.close();
      throw error;
    }
    return log;
  }

  /** Who made the tables, such as `4.1.0`. */
  get optunaVersion(): string | undefined {
    return this.#opened.optunaVersion;
  }

  get warnings(): readonly string[] {
    return this.#reader.tracker.warnings;
  }

  /** Attributes in Python's spelling, where the history's plain values lose it. */
  get exactAttrs(): ExactAttrs {
    return this.#reader.decoder.exact;
  }

  studies(): readonly StudyRecord[] {
    return this.#reader.tracker.studies;
  }

  refresh(): Promise<boolean> {
    const { database } = this.#opened;
    return persistently(() => this.#reading.run(() => this.#reader.sync(database)), database.url, PATIENCE_MS);
  }

  async close(): Promise<void> {
    await this.#reading.run(() => this.#opened.database.close());
  }
}
