import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { StorageError, type StorageErrorCode } from '../storageError.ts';
import type { ProxyUrl } from './proxyUrl.ts';

/** What a client of HTTP/2 says first, and an empty list of settings (RFC 9113, 3.4). */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);

const SETTINGS = 4;

const TLS_ALERT = 0x15;

const WAIT_MS = 2000;

/** Numbers of gRPC's status codes that are told apart here. */
export const Status = {
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
} as const;

/**
 * Why a call failed. `away`: nobody knows whether the server did what it was asked. `storage`: the server answered that its
 * own storage failed. `answer`: anything else that it answered.
 */
export type FailureKind = 'away' | 'storage' | 'answer';

/** A call that failed, in one sentence. `status` is gRPC's code. */
export class ProxyFailure extends StorageError {
  readonly kind: FailureKind;
  readonly status: number;

  constructor(kind: FailureKind, status: number, code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = 'ProxyFailure';
    this.kind = kind;
    this.status = status;
  }
}

/** As gRPC's library throws it. */
interface ServiceError {
  readonly code?: unknown;
  readonly details?: unknown;
  readonly message?: unknown;
}

/** How Python's server passes on what Optuna threw. */
const THROWN = /^Exception calling application: /;
/** Optuna's words for a database that did not give or take something end with a blank, which Node takes for no words at all. */
const OF_DATABASE = 'see whether its database runs, has room and can be written.';

/** What gRPC's error means for a person. Looks at who listens where nobody answered. */
export async function failureOf(error: unknown, url: ProxyUrl): Promise<ProxyFailure> {
  if (error instanceof ProxyFailure) return error;
  const { code, details, message } = error as ServiceError;
  const status = typeof code === 'number' ? code : Status.internal;
  const reason = String(details ?? message ?? error);
  const make = (kind: FailureKind, code: StorageErrorCode, words: string) =>
    new ProxyFailure(kind, status, code, `${url} ${words}`, { cause: error });
  switch (status) {
    case Status.unknown:
      if (reason === '') return make('storage', 'io', `answered that its own storage failed: ${OF_DATABASE}`);
      if (!THROWN.test(reason)) break;
      return make('storage', 'io', `answered that its own storage failed: ${firstLine(reason.replace(THROWN, ''))}`);
    case Status.notFound:
      return make('answer', 'no-study', 'has no such study or trial any more.');
    case Status.alreadyExists:
      return make('answer', 'duplicate-study', 'already has a study of that name.');
    case Status.failedPrecondition:
      return make('answer', 'finished-trial', 'answered that the trial is finished and cannot change any more.');
    case Status.invalidArgument:
      return make('answer', 'incompatible-distribution', `refused a parameter: ${firstLine(reason)}`);
    case Status.resourceExhausted:
      if (!/larger than max/i.test(reason)) break;
      return make('answer', 'unstorable', 'takes no more than 4 MiB at once, and a trial or an attribute is larger.');
    case Status.unimplemented:
      return make('answer', 'not-a-storage', "speaks gRPC, but is no storage proxy of Optuna's. Check the port.");
    case Status.internal:
      if (!/deserializing request/i.test(reason)) break;
      return make('answer', 'unstorable', 'refused a name that is no Unicode text: it holds half of a character.');
    default:
  }
  return away(await whatListens(url.host, url.port), reason, make, url);
}

type Make = (kind: FailureKind, code: StorageErrorCode, words: string) => ProxyFailure;

function away(listener: Listener, reason: string, make: Make, url: ProxyUrl): ProxyFailure {
  if (typeof listener === 'object') return make('away', 'unreachable', unreachable(listener.code, url));
  switch (listener) {
    case 'http1':
      return make('away', 'unreachable', "is a web server's, not a storage proxy's. Check the port.");
    case 'tls':
      return make('away', 'unreachable', "wants TLS, which Optuna's storage proxy does not speak. Name its own port.");
    case 'other':
      return make(
        'away',
        'unreachable',
        "is no storage proxy of Optuna's: what listens there speaks no gRPC. Check the port.",
      );
    case 'silent':
      return make('away', 'unreachable', 'does not answer. Start it anew and resume.');
    case 'http2':
      return make('away', 'unreachable', `broke off: ${firstLine(reason)}`);
    default:
      return listener satisfies never;
  }
}

function unreachable(code: string, url: ProxyUrl): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_NODATA':
    case 'EAI_AGAIN':
      return `cannot be reached: there is no host ${url.host}.`;
    case 'ECONNREFUSED':
      return 'cannot be reached: no server listens there. Start it, or check the port.';
    default:
      return 'cannot be reached: no storage proxy answers there. Check host, port and firewall.';
  }
}

/** Whole sentences end themselves. */
function firstLine(text: string): string {
  const line = (text.split('\n').find((one) => one.trim() !== '') ?? '').trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** What is met where a storage proxy should be: an operating system's code where nothing is, such as `ECONNREFUSED`. */
type Listener = 'http2' | 'http1' | 'tls' | 'other' | 'silent' | { readonly code: string };

/** Asks who listens at a port by greeting in HTTP/2: gRPC's answer is known, and so are those of web servers and TLS. */
async function whatListens(host: string, port: number): Promise<Listener> {
  const listener = await greet(host, port);
  return listener === 'other' && (await speaksTls(host, port)) ? 'tls' : listener;
}

function greet(host: string, port: number): Promise<Listener> {
  const socket = connect({ host, port });
  const { promise, resolve } = Promise.withResolvers<Listener>();
  socket.once('connect', () => socket.write(PREFACE));
  socket.once('data', (bytes) => resolve(listenerOf(bytes)));
  socket.once('close', () => resolve('other'));
  socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
    resolve(code === 'ECONNRESET' || code === 'EPIPE' ? 'other' : { code });
  });
  return within(promise, socket, () => (socket.connecting ? { code: 'ETIMEDOUT' } : 'silent'));
}

function speaksTls(host: string, port: number): Promise<boolean> {
  const socket = connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('secureConnect', () => resolve(true));
  socket.once('close', () => resolve(false));
  socket.once('error', () => resolve(false));
  return within(promise, socket, () => false);
}

async function within<T>(answer: Promise<T>, socket: Socket, atEnd: () => T): Promise<T> {
  const timer = new AbortController();
  const slow = sleep(WAIT_MS, undefined, { signal: timer.signal }).then(atEnd, atEnd);
  try {
    return await Promise.race([answer, slow]);
  } finally {
    timer.abort();
    socket.destroy();
  }
}

function listenerOf(bytes: Buffer): Listener {
  if (bytes.length >= 4 && bytes[3] === SETTINGS && bytes.readUIntBE(0, 3) % 6 === 0) return 'http2';
  if (bytes.toString('latin1', 0, 5) === 'HTTP/') return 'http1';
  // The answer to a client that does not begin with TLS.
  return bytes[0] === TLS_ALERT && bytes[1] === 3 ? 'tls' : 'other';
}
