import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { RedisOptions as AllRedisOptions, Redis } from 'ioredis';
import { storageMessage } from '../../../words/en/storage.ts';
import type { ServerUrl } from '../../sql/connect/serverUrl.ts';
import { StorageError } from '../../storageError.ts';
import type { PlanDependence } from '../planDependence.ts';
import { APPEND_SCRIPT, conditionOf } from './redisScripts.ts';

type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

const CONNECT_MS = 10_000;
/** A server that forks or runs another's script answers late. One that does not answer at all is as good as gone. */
const ANSWER_MS = 30_000;
const NO_PASSWORD_THERE = /no password is set|without any password configured/i;
const CLOSED = /connection is closed|stream isn't writeable|connection (ended|closed)/i;

const appendSha = createHash('sha1').update(APPEND_SCRIPT).digest('hex');

/** Lines that go behind those that were read. */
export interface Append {
  /** How many were read, and the last of them. */
  readonly count: number;
  readonly last: Buffer;
  readonly lines: readonly string[];
  /** Whose they are: it is in every line. */
  readonly workerId: string;
  readonly dependence: PlanDependence;
}

/** What became of it. */
export interface AppendAnswer {
  readonly isAppended: boolean;
  /** What others had appended in between. Null: not there yet. */
  readonly between: readonly (Buffer | null)[];
  /** Whether that is all of it. */
  readonly isAll: boolean;
}

/** Of Redis, with the first word of what it said as `code`. */
class RedisError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * One connection to a Redis server, made when it is first needed and again after it was lost. Nothing is sent twice:
 * requests in flight when the connection broke are rejected, and the caller looks whether they were carried out.
 */
export class RedisConnection {
  readonly url: ServerUrl;
  readonly #options: RedisOptions;
  #client: Promise<Redis> | undefined;
  /** Whether this connection's server has said anything. */
  #hasAnswered = false;
  #isClosed = false;

  /** Throws what is wrong with the URL's files of certificates. */
  constructor(url: ServerUrl) {
    this.url = url;
    this.#options = optionsOf(url);
  }

  get countKey(): string {
    return `${this.url.keyPrefix}:log_number`;
  }

  lineKey(number: number): string {
    return `${this.url.keyPrefix}:log:${number}`;
  }

  mget(keys: readonly string[]): Promise<(Buffer | null)[]> {
    return this.#ask((redis) => redis.mgetBuffer([...keys]));
  }

  /** Any other command. */
  command(name: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#ask((redis) => redis.call(name, ...args));
  }

  /** Appends lines, unless what came in between makes them other ones. */
  append({ count, last, lines, workerId, dependence }: Append): Promise<AppendAnswer> {
    const condition = [workerId, ...conditionOf(dependence)];
    const args = [1, this.countKey, this.url.keyPrefix, count - 1, last, ...condition, ...lines];
    return this.#ask(async (redis) => {
      const answer = (await redis.callBuffer('EVALSHA', appendSha, ...args).catch((error: Error) => {
        if (!error.message.startsWith('NOSCRIPT')) throw error;
        return redis.callBuffer('EVAL', APPEND_SCRIPT, ...args);
      })) as [number, number, ...(Buffer | null)[]];
      const [isAppended, end, ...between] = answer;
      const isAll = end === count - 1 + between.length && !between.includes(null);
      return { isAppended: isAppended === 1, between, isAll };
    });
  }

  /** For good: requests that wait for a server that is away do not connect any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = undefined;
    (await client?.catch(() => undefined))?.disconnect();
  }

  async #ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.#isClosed)
      throw new StorageError('closed', storageMessage('notAskedAnyMoreClosed', { url: String(this.url) }));
    this.#client ??= this.#connect();
    const client = this.#client;
    try {
      const answer = await question(await client);
      this.#hasAnswered = true;
      return answer;
    } catch (error) {
      const failure = this.#failureOf(error);
      // Where one answer is missing, the next one would be taken for it; and a server that changes its part is looked for anew.
      if (!isReply(error) || failure.code === 'READONLY') {
        if (this.#client === client) this.#client = undefined;
        (await client.catch(() => undefined))?.disconnect();
      }
      throw failure;
    }
  }

  #failureOf(error: unknown): RedisError {
    const failure = asRedisError(error);
    if (failure.code !== 'ECONNRESET' || this.#hasAnswered || this.#options.tls !== undefined) return failure;
    return new RedisError(failure.code, 'it closes the connection at once, as one that wants rediss:// does', error);
  }

  async #connect(): Promise<Redis> {
    this.#hasAnswered = false;
    const { Redis } = await import('./driver.ts');
    const redis = new Redis(this.#options);
    let reason: unknown;
    redis.on('error', (error) => {
      reason = error;
    });
    try {
      await redis.connect();
      await this.#logIn(redis);
      const { database } = this.url;
      if (database !== '0') await redis.call('SELECT', database);
      return redis;
    } catch (error) {
      redis.disconnect();
      throw isReply(error) ? error : (reason ?? error);
    }
  }

  async #logIn(redis: Redis): Promise<void> {
    const password = this.url.password();
    if (password === undefined) return;
    const { user } = this.url;
    try {
      await redis.call('AUTH', ...(user === undefined ? [] : [user]), password);
    } catch (error) {
      // Everybody may enter, and the password is for another server.
      if (user !== undefined || !NO_PASSWORD_THERE.test((error as Error).message)) throw error;
    }
  }
}

function optionsOf(url: ServerUrl): RedisOptions {
  const { host = '127.0.0.1', port = 6379 } = url;
  const encryption = url.encryption();
  const name = isIP(host) === 0 ? { servername: host } : {};
  const place: RedisOptions = host.startsWith('/') ? { path: host } : { host, port };
  return {
    ...place,
    ...(typeof encryption === 'object' && { tls: { ...encryption, ...name } }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: ANSWER_MS,
    // Older servers speak no other.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  };
}

/** Whether the server itself said it. */
function isReply(error: unknown): boolean {
  return (error as Error).name === 'ReplyError';
}

function asRedisError(error: unknown): RedisError {
  const failure = error as Error & { code?: unknown; command?: unknown };
  // A printed error prints its causes, and the driver's has what was sent: the password.
  delete failure.command;
  const { message, code } = failure;
  if (isReply(error)) return new RedisError(message.slice(0, message.search(/\s|$/)), message, error);
  if (/timed out|timeout/i.test(message)) return new RedisError('ETIMEDOUT', message, error);
  if (CLOSED.test(message)) return new RedisError('ECONNRESET', 'the connection was closed', error);
  return new RedisError(typeof code === 'string' ? code : '', message, error);
}
