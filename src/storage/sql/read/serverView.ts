import { storageMessage } from '../../../words/en/storage.ts';
import type { Message } from '../../../words/message.ts';
import type { OpenedServer } from '../connect/openServer.ts';
import { ServerReader } from './serverReader.ts';
import type { RdbStudy } from './studyTracker.ts';
import { TrackedView } from './trackedView.ts';

/** What of a database on a server is there to look at, for readers and writers alike. */
export abstract class ServerView extends TrackedView {
  readonly kind: 'postgresql' | 'mysql';
  /** The URL without its password. */
  readonly location: string;
  protected readonly opened: OpenedServer;
  protected readonly reader: ServerReader;

  /** `studyName` limits everything to one study. */
  protected constructor(opened: OpenedServer, studyName: string | undefined) {
    super();
    const { database } = opened;
    const { url } = database;
    this.kind = database.dialect.name === 'PostgreSQL' ? 'postgresql' : 'mysql';
    this.location = url.location;
    this.opened = opened;
    this.reader = new ServerReader(opened, studyName);
    database.onGone = () => {
      this.reader.isInDoubt = true;
    };
  }

  /** Reports once how many trials the server has lost: only their writer could write them again. */
  protected reportLost(lost: ReadonlyMap<RdbStudy, readonly number[]>): Message[] {
    return [...lost].map(([{ name }, { length }]) => {
      const message = storageMessage('trialsGone', { count: length, study: name, place: this.location });
      this.reader.tracker.warn(message.text);
      return message;
    });
  }

  /** Who made the tables, such as `4.1.0`. */
  get optunaVersion(): string | undefined {
    return this.opened.optunaVersion;
  }
}
