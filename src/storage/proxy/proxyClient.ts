import type { Client } from '@grpc/grpc-js';
import { storageMessage } from '../../words/en/storage.ts';
import { StorageError } from '../storageError.ts';
import { type CallName, type Calls, patienceMs } from './messages.ts';
import { failureOf, ProxyFailure, Status } from './proxyFailure.ts';
import type { ProxyUrl } from './proxyUrl.ts';

/** A server that is away is looked for again at least so often, in milliseconds. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

type Library = Awaited<ReturnType<typeof loadGrpc>>;

/** Asks a storage proxy, over one connection that is made anew when it breaks. */
export class ProxyClient {
  readonly url: ProxyUrl;
  readonly #library: Library;
  readonly #client: Client;
  #isClosed = false;

  private constructor(url: ProxyUrl, library: Library) {
    this.url = url;
    this.#library = library;
    this.#client = new library.Client(url.authority, library.credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      // Nobody asks a name server how the service is to be called.
      'grpc.service_config_disable_resolution': 1,
      'grpc.initial_reconnect_backoff_ms': SHORTEST_PAUSE_MS,
      'grpc.min_reconnect_backoff_ms': SHORTEST_PAUSE_MS,
      'grpc.max_reconnect_backoff_ms': LONGEST_PAUSE_MS,
      // As databases are: not by way of the proxy that leads to the web.
      'grpc.enable_http_proxy': 0,
      // Each storage has its own connection, which ends with it.
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** Connects with the first call. */
  static async open(url: ProxyUrl): Promise<ProxyClient> {
    return new ProxyClient(url, await loadGrpc());
  }

  /** Throws a ProxyFailure, and `closed`. */
  async call<N extends CallName>(name: N, values: Calls[N][0]): Promise<Calls[N][1]> {
    const bytes = await this.#unary(name, values);
    return this.#read(name, () => this.#library.decodeReply(name, bytes));
  }

  /** GetTrials, whose trials are decoded as they are taken, each with its size in bytes. Throws as `call`. */
  async *trials(values: Calls['GetTrials'][0]) {
    const trials = this.#library.decodeTrials(await this.#unary('GetTrials', values));
    for (;;) {
      const { done, value } = this.#read('GetTrials', () => trials.next());
      if (done) return;
      yield value;
    }
  }

  #read<T>(name: CallName, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      const message = storageMessage('unreadableAnswer', { place: String(this.url), name });
      throw new ProxyFailure('answer', Status.internal, 'not-a-storage', message, { cause });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }

  async #unary<N extends CallName>(name: N, values: Calls[N][0]): Promise<Uint8Array> {
    if (this.#isClosed)
      throw new StorageError('closed', storageMessage('notAskedAnyMoreClosed', { url: String(this.url) }));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.#client.makeUnaryRequest(
      `/optuna.StorageService/${name}`,
      (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      (bytes: Buffer): Uint8Array => bytes,
      this.#library.encodeRequest(name, values),
      { deadline: Date.now() + patienceMs(name) },
      (error, answer) => (error ? reject(error) : resolve(answer as Uint8Array)),
    );
    return promise.catch((error: unknown) => {
      throw failureOf(error, this.url);
    });
  }
}

/** Only studies behind a proxy load gRPC. */
function loadGrpc(): Promise<typeof import('./library.ts')> {
  return import('./library.ts');
}
