import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import type { ExactAttrs } from '../exactAttrs.ts';
import type { OpenedServer } from './openServer.ts';
import { ServerReader } from './serverReader.ts';

/** What of a database on a server is there to look at, for readers and writers alike. */
export abstract class ServerView implements TrialLog {
  readonly kind: 'postgresql' | 'mysql';
  /** The URL without its password. */
  readonly location: string;
  protected readonly opened: OpenedServer;
  protected readonly reader: ServerReader;

  /** `studyName` limits everything to one study. */
  protected constructor(opened: OpenedServer, studyName: string | undefined) {
    const { database } = opened;
    const { url } = database;
    this.kind = database.dialect.name === 'PostgreSQL' ? 'postgresql' : 'mysql';
    this.location = url.location;
    this.opened = opened;
    this.reader = new ServerReader(opened, studyName);
    database.onGone = () => this.reader.seen.doubt();
  }

  /** Who made the tables, such as `4.1.0`. */
  get optunaVersion(): string | undefined {
    return this.opened.optunaVersion;
  }

  get warnings(): readonly string[] {
    return this.reader.tracker.warnings;
  }

  /** Attributes in Python's spelling, where the history's plain values lose it. */
  get exactAttrs(): ExactAttrs {
    return this.reader.decoder.exact;
  }

  studies(): readonly StudyRecord[] {
    return this.reader.tracker.studies;
  }

  abstract refresh(): Promise<boolean>;
  abstract close(): Promise<void>;
}

/** Reads for the first time; a view that cannot is closed. */
export async function firstRead<T extends ServerView>(view: T): Promise<T> {
  try {
    await view.refresh();
    return view;
  } catch (error) {
    await view.close();
    throw error;
  }
}
