import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { Mutex } from '../eventLoop.ts';
import type { ExactAttrs } from '../exactAttrs.ts';
import { type OnWaiting, Perseverance } from './perseverance.ts';
import type { ProxyClient } from './proxyClient.ts';
import { ProxyReader } from './proxyReader.ts';

/** What is behind a storage proxy to look at, for readers and writers alike. */
export abstract class ProxyView implements TrialLog {
  readonly kind = 'grpc';
  readonly location: string;
  protected readonly client: ProxyClient;
  protected readonly reader: ProxyReader;
  protected readonly reading = new Mutex();
  protected readonly perseverance: Perseverance;
  /** A refresh that has not begun: who asks for one meanwhile shares it. */
  #nextRefresh: Promise<boolean> | undefined;

  /** `studyName` limits everything to one study. */
  protected constructor(client: ProxyClient, studyName: string | undefined, onWaiting?: OnWaiting) {
    this.client = client;
    this.location = client.url.location;
    this.reader = new ProxyReader(this.location, studyName);
    this.perseverance = new Perseverance(client, onWaiting);
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

  refresh(): Promise<boolean> {
    this.#nextRefresh ??= this.perseverance.attempt(() =>
      this.reading.run(() => {
        this.#nextRefresh = undefined;
        return this.reader.sync(this.client);
      }),
    );
    return this.#nextRefresh;
  }

  async close(): Promise<void> {
    await this.reading.run(async () => this.client.close());
  }
}

/** Reads for the first time, without patience; a view that cannot is closed. */
export async function firstRead<T extends ProxyView>(view: T): Promise<T> {
  try {
    await view.refresh();
    return view;
  } catch (error) {
    await view.close();
    throw error;
  }
}
