import { StorageError, type StorageErrorCode } from '../storageError.ts';
import type { ProxyUrl } from './proxyUrl.ts';

/** Numbers of gRPC's status codes that are told apart here. */
export const Status = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
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

/** What gRPC's error means for a person. */
export function failureOf(error: unknown, url: ProxyUrl): ProxyFailure {
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
  return make('away', 'unreachable', away(status, reason, url));
}

/** By the operating system's code in gRPC's words. */
function away(status: number, reason: string, url: ProxyUrl): string {
  if (/ENOTFOUND|EAI_NODATA|EAI_AGAIN|Name resolution failed/.test(reason)) {
    return `cannot be reached: there is no host ${url.host}.`;
  }
  if (reason.includes('ECONNREFUSED')) {
    return 'cannot be reached: no server listens there. Start it, or check the port.';
  }
  if (status === Status.deadlineExceeded) return 'does not answer. Start it anew and resume.';
  return `cannot be asked as a storage proxy of Optuna's: ${firstLine(reason)} Check the port.`;
}

/** Whole sentences end themselves. */
function firstLine(text: string): string {
  const line = (text.split('\n').find((one) => one.trim() !== '') ?? '').trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
