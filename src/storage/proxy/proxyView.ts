import { Mutex } from '../eventLoop.ts';
import { TrackedView } from '../sql/read/trackedView.ts';
import type { OnWaiting } from '../waiting.ts';
import { Perseverance } from './perseverance.ts';
import type { ProxyClient } from './proxyClient.ts';
import { ProxyReader } from './proxyReader.ts';

/** What is behind a storage proxy to look at, for readers and writers alike. */
export abstract class ProxyView extends TrackedView {
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
    super();
    this.client = client;
    this.location = client.url.location;
    this.reader = new ProxyReader(this.location, studyName);
    this.perseverance = new Perseverance(client, onWaiting);
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
