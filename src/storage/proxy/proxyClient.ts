import type { Client } from '@grpc/grpc-js';
import { StorageError } from '../storageError.ts';
import type { Method } from './messages.ts';
import { failureOf, ProxyFailure, Status } from './proxyFailure.ts';
import type { ProxyUrl } from './proxyUrl.ts';
import { decode, encode, type ValueOf } from './wire.ts';

/** A server that is away is looked for again at least so often, in milliseconds. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

type Library = Awaited<ReturnType<typeof loadGrpc>>;

/** Asks a storage proxy, over one connection that is made anew when it breaks. */
export class ProxyClient {
  readonly url: ProxyUrl;
  /** What reads and writes messages. */
  readonly wire: Library;
  readonly #client: Client;
  #isClosed = false;

  private constructor(url: ProxyUrl, library: Library) {
    this.url = url;
    this.wire = library;
    this.#client = new library.Client(url.authority, library.credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      // Nobody asks a name server how the service is to be called.
      'grpc.service_config_disable_resolution': 1,
      'grpc.initial_reconnect_backoff_ms': SHORTEST_PAUSE_MS,
      'grpc.min_reconnect_backoff_ms': SHORTEST_PAUSE_MS,
      'grpc.max_reconnect_backoff_ms': LONGEST_PAUSE_MS,
      // As databases are, and as whoever looks at what listens there: not by way of the proxy that leads to the web.
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
  async call<M extends Method>({ name, request, reply, patienceMs }: M, values: Asked<M>): Promise<Answer<M>> {
    if (this.#isClosed) throw new StorageError('closed', `${this.url} is not asked any more: it was closed here.`);
    const bytes = await this.#unary(name, encode(this.wire, request, values as never), patienceMs);
    try {
      return decode(this.wire, reply, bytes) as Answer<M>;
    } catch (cause) {
      const message = `${this.url} gave an answer to ${name} that cannot be read: it is no storage proxy of Optuna's.`;
      throw new ProxyFailure('answer', Status.internal, 'not-a-storage', message, { cause });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }

  async #unary(name: string, message: Uint8Array, patienceMs: number): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.#client.makeUnaryRequest(
      `/optuna.StorageService/${name}`,
      (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      (bytes: Buffer): Uint8Array => bytes,
      message,
      { deadline: Date.now() + patienceMs },
      (error, answer) => (error ? reject(error) : resolve(answer as Uint8Array)),
    );
    return promise.catch(async (error: unknown) => {
      throw await failureOf(error, this.url);
    });
  }
}

export type Asked<M extends Method> = Partial<ValueOf<M['request']>>;
export type Answer<M extends Method> = ValueOf<M['reply']>;

/** Nobody pays for gRPC who has no storage behind a proxy. */
function loadGrpc(): Promise<typeof import('./library.ts')> {
  return import('./library.ts');
}
