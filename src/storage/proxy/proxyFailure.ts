import { storageMessage } from '../../words/en/storage.ts';
import type { Message } from '../../words/message.ts';
import { StorageError, type StorageErrorCode } from '../storageError.ts';
import type { ProxyUrl } from './proxyUrl.ts';

/** gRPC's status codes that are handled differently. */
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

  constructor(kind: FailureKind, status: number, code: StorageErrorCode, message: Message, options?: ErrorOptions) {
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

/** What gRPC's error means for a person. */
export function failureOf(error: unknown, url: ProxyUrl): ProxyFailure {
  if (error instanceof ProxyFailure) return error;
  const { code, details, message } = error as ServiceError;
  const status = typeof code === 'number' ? code : Status.internal;
  const reason = String(details ?? message ?? error);
  const make = (kind: FailureKind, code: StorageErrorCode, words: Message) =>
    new ProxyFailure(kind, status, code, storageMessage('says', { place: String(url), what: words }), { cause: error });
  switch (status) {
    case Status.unknown:
      // Optuna's words for a database that did not give or take something end with a blank, which Node takes for no words.
      if (reason === '') return make('storage', 'io', storageMessage('answeredOwnStorageFailedSee'));
      if (!THROWN.test(reason)) break;
      return make(
        'storage',
        'io',
        storageMessage('answeredOwnStorageFailed', { reason: firstLine(reason.replace(THROWN, '')) }),
      );
    case Status.notFound:
      return make('answer', 'no-study', storageMessage('noSuchStudyTrialAny'));
    case Status.alreadyExists:
      return make('answer', 'duplicate-study', storageMessage('alreadyStudyName'));
    case Status.failedPrecondition:
      return make('answer', 'finished-trial', storageMessage('answeredTrialFinishedCannotChange'));
    case Status.invalidArgument:
      return make(
        'answer',
        'incompatible-distribution',
        storageMessage('refusedParameter', { reason: firstLine(reason) }),
      );
    case Status.resourceExhausted:
      if (!/larger than max/i.test(reason)) break;
      return make('answer', 'unstorable', storageMessage('takesNoMoreThan4'));
    case Status.unimplemented:
      return make('answer', 'not-a-storage', storageMessage('speaksGrpcButNoStorage'));
    case Status.internal:
      if (!/deserializing request/i.test(reason)) break;
      return make('answer', 'unstorable', storageMessage('refusedNameNoUnicodeText'));
    default:
  }
  return make('away', 'unreachable', away(status, reason, url));
}

/** By the operating system's code in gRPC's words. */
function away(status: number, reason: string, url: ProxyUrl): Message {
  if (/ENOTFOUND|EAI_NODATA|EAI_AGAIN|Name resolution failed/.test(reason)) {
    return storageMessage('cannotReachedThereNoHost', { host: url.host });
  }
  if (reason.includes('ECONNREFUSED')) {
    return storageMessage('cannotReachedNoServerListens');
  }
  if (status === Status.deadlineExceeded) return storageMessage('doesNotAnswerStartAnew');
  return storageMessage('cannotAskedStorageProxyOptunas', { reason: firstLine(reason) });
}

/** Whole sentences end themselves. */
function firstLine(text: string): string {
  const line = (text.split('\n').find((one) => one.trim() !== '') ?? '').trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
