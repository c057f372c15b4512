import type { TrialLog } from '../../../core/study/studyStore.ts';
import { Mutex } from '../../eventLoop.ts';
import { READER_PATIENCE_MS } from '../../retry.ts';
import { openServer } from '../connect/openServer.ts';
import { serverRetry } from '../connect/serverError.ts';
import { ServerUrl } from '../connect/serverUrl.ts';
import { ServerView } from './serverView.ts';
import { firstRead } from './trackedView.ts';

/**
 * Opens the database of a URL for reading, with `password` where it is not in the URL or the environment. A window loads
 * this, and the drivers with it, when it needs them.
 */
export function openServerLog(
  url: string,
  options: { readonly password?: string | undefined; readonly studyName?: string | undefined },
): Promise<TrialLog> {
  return ServerLog.open(ServerUrl.parse(url, options.password), options.studyName);
}

/** An Optuna database on a PostgreSQL or MySQL server, read only. After a study was deleted, `studies()` has it no more. */
class ServerLog extends ServerView {
  readonly #reading = new Mutex();
  readonly #retry = serverRetry(this.opened.database.url, READER_PATIENCE_MS);

  /** Connects, and reads what is there; `studyName` limits that to one study. Throws one sentence when it cannot be. */
  static async open(url: ServerUrl, studyName: string | undefined): Promise<ServerLog> {
    return firstRead(new ServerLog(await openServer(url, { create: false }), studyName));
  }

  refresh(): Promise<boolean> {
    const { database } = this.opened;
    const read = async () => {
      for (let hasNews = false; ; ) {
        const lost = this.reader.isInDoubt ? await this.reader.findLost(database) : new Map();
        // What was lost is forgotten, with the rest.
        if (lost.size > 0) this.reader.forget();
        this.reportLost(lost);
        hasNews = (await this.reader.sync(database)) || hasNews;
        // A connection that broke while nobody used it.
        if (!this.reader.isInDoubt) return hasNews;
      }
    };
    return this.#retry.run(() => this.#reading.run(read));
  }

  async close(): Promise<void> {
    await this.#reading.run(() => this.opened.database.close());
  }
}
