import { Mutex } from '../eventLoop.ts';
import { type OnWaiting, type Remedy, Retry } from '../retry.ts';
import { TrackedView } from '../sql/read/trackedView.ts';
import type { StorageError } from '../storageError.ts';
import type { ProxyClient } from './proxyClient.ts';
import { ProxyFailure } from './proxyFailure.ts';
import { ProxyReader } from './proxyReader.ts';

/** How often a server's own storage may fail at one thing while it can be read: a locked database, a connection that broke. */
const ATTEMPTS = 4;

async function remedyFor(error: unknown, failures: number, client: ProxyClient): Promise<Remedy> {
  if (!(error instanceof ProxyFailure) || error.kind === 'answer') return 'none';
  if (error.kind === 'away' || failures < ATTEMPTS) return 'reconnect';
  const isReadable = client.call('GetAllStudies', {}).then(
    () => true,
    () => false,
  );
  return (await isReadable) ? 'none' : 'reconnect';
}

/** What is behind a storage proxy to look at, for readers and writers alike. */
export abstract class ProxyView extends TrackedView {
  readonly kind = 'grpc';
  readonly location: string;
  protected readonly client: ProxyClient;
  protected readonly reader: ProxyReader;
  protected readonly reading = new Mutex();
  protected readonly retry: Retry;
  /** A refresh that has not begun: further calls share it. */
  #nextRefresh: Promise<boolean> | undefined;

  /** `studyName` limits everything to one study. */
  protected constructor(client: ProxyClient, studyName: string | undefined, onWaiting?: OnWaiting) {
    super();
    this.client = client;
    this.location = client.url.location;
    this.reader = new ProxyReader(this.location, studyName);
    this.retry = new Retry({
      place: client.url,
      remedyFor: (error, failures) => remedyFor(error, failures, client),
      meaningOf: (error) => error as StorageError,
      patienceMs: 0,
      onWaiting,
    });
  }

  refresh(): Promise<boolean> {
    this.#nextRefresh ??= this.retry.run(() =>
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
