import { storageMessage } from '../../../words/en/storage.ts';
import type { Message } from '../../../words/message.ts';
import { REDIS_AWAY, redisMeaning } from '../../journal/redis/redisError.ts';
import { type OnWaiting, type Remedy, Retry } from '../../retry.ts';
import { StorageError, type StorageErrorCode } from '../../storageError.ts';
import { encryptionError } from './encryptionError.ts';
import { CommitLost, InDoubt, NoServer, Overtaken } from './serverDatabase.ts';
import type { ServerUrl } from './serverUrl.ts';

interface DriverError {
  /** PostgreSQL's five letters, MySQL's `ER_…`, the first word of what Redis says, or Node's `ECONN…`. */
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly message?: unknown;
}

const DEADLOCKS = new Set(['40P01', '40001', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', '55P03']);
const LOST = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENETDOWN',
    'EAI_AGAIN',
    'EAI_NODATA',
    'ENOTFOUND',
    'ENOENT',
  ],
  // The server shuts down, crashed, starts up, or has no connection left.
  ...[
    '57P01',
    '57P02',
    '57P03',
    '57P05',
    '25P03',
    '25P04',
    '53300',
    '08000',
    '08001',
    '08003',
    '08004',
    '08006',
    '08P01',
  ],
  ...['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'ER_CON_COUNT_ERROR', 'ER_SERVER_SHUTDOWN'],
  ...[
    'ER_TOO_MANY_USER_CONNECTIONS',
    'ER_NORMAL_SHUTDOWN',
    'ER_CONNECTION_KILLED',
    'ER_QUERY_INTERRUPTED',
    'ER_QUERY_TIMEOUT',
    '57014',
  ],
  ...REDIS_AWAY,
]);
/** A standby, or a server on its way to become one: the name may soon stand for another. */
const READ_ONLY = new Set([
  '25006',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'READONLY',
]);
/** Errors of drivers without a code, and of a connection whose prepared statements are not valid any more. */
const LOST_WORDS =
  /connection (terminated|ended|closed|is in closed state|timeout)|timeout exceeded|read timeout|not queryable|closed state|cached plan must not change/i;

export function remedyFor(error: unknown): Remedy {
  if (error instanceof CommitLost || error instanceof NoServer) return 'reconnect';
  if (error instanceof InDoubt) return 'retry';
  if (error instanceof StorageError || error instanceof Overtaken) return 'none';
  const code = codeOf(error);
  if (DEADLOCKS.has(code)) return 'retry';
  if (LOST.has(code) || READ_ONLY.has(code) || LOST_WORDS.test(String((error as DriverError).message)))
    return 'reconnect';
  return 'none';
}

/** Whether the server, or the one that the name stands for now, only takes readers. */
export function isReadOnly(error: unknown): boolean {
  return READ_ONLY.has(codeOf(error));
}

/** How long a server that only takes readers is asked again, in milliseconds: its name may soon stand for another one. */
const READ_ONLY_MS = 10_000;

/** Tries again what met a deadlock, a lost connection or a server that was away. */
export function serverRetry(url: ServerUrl, patienceMs: number, onWaiting?: OnWaiting): Retry {
  return new Retry({
    place: url,
    remedyFor,
    meaningOf: (error) => fromServerError(error, url),
    patienceMs,
    limitFor: (error) => (isReadOnly(error) ? READ_ONLY_MS : Number.POSITIVE_INFINITY),
    onWaiting,
  });
}

/** Whether a unique key was there already. */
export function isDuplicate(error: unknown): boolean {
  return ['23505', 'ER_DUP_ENTRY'].includes(codeOf(error));
}

const SERVER_NAMES = { postgresql: 'PostgreSQL', mysql: 'MySQL', redis: 'Redis' } as const;

const TIMEOUT_SETTINGS = {
  postgresql: 'statement_timeout',
  mysql: 'max_execution_time (MariaDB: max_statement_time)',
  redis: 'timeout',
} as const;

type Meaning = readonly [StorageErrorCode, (url: ServerUrl) => Message];
const MEANINGS: readonly (readonly [codes: readonly string[], ...Meaning])[] = [
  [
    ['28P01', 'ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR', '28000'],
    'wrong-password',
    (url) => storageMessage('refusedCheckUserPassword', { url: whose(url) }),
  ],
  [
    ['ENOTFOUND', 'EAI_NODATA'],
    'unreachable',
    (url) => storageMessage('cannotReachedThereNoHost', { host: url.host ?? '' }),
  ],
  [['ECONNREFUSED', 'ENOENT'], 'unreachable', () => storageMessage('cannotReachedNoServerListens')],
  [
    ['3D000', 'ER_BAD_DB_ERROR'],
    'no-database',
    (url) => storageMessage('cannotOpenedServerNoDatabase', { database: url.database }),
  ],
  [['3F000'], 'no-database', () => storageMessage('noSchemaMakeTablesCreate')],
  [
    ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
    'unreachable',
    (url) => storageMessage('cannotReachedNoServerAnswers', { serverNames: SERVER_NAMES[url.kind] }),
  ],
  [
    ['42501', 'ER_DBACCESS_DENIED_ERROR', 'ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR'],
    'access-denied',
    (url) => storageMessage('doesNotLetDoAskRights', { url: whose(url) }),
  ],
  [
    ['53300', 'ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS'],
    'unreachable',
    () => storageMessage('noConnectionLeftLetOther'),
  ],
  [
    ['53100', 'ER_DISK_FULL', 'ER_RECORD_FILE_FULL', 'ER_DISK_FULL_NOWAIT'],
    'disk-full',
    () => storageMessage('fullDiskFreeSomeSpace'),
  ],
  [
    ['57014', 'ER_QUERY_INTERRUPTED', 'ER_QUERY_TIMEOUT'],
    'unreachable',
    (url) => {
      const setting = TIMEOUT_SETTINGS[url.kind];
      return storageMessage('cancelsWhatAskedRaised', { setting, url: whose(url) });
    },
  ],
  [['25P03', '25P04'], 'unreachable', (url) => storageMessage('endsTransactionsTakeLongIdle', { url: whose(url) })],
  [
    ['22P05', 'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD'],
    'unstorable',
    () => storageMessage('cannotKeepCharacterNameEncoding'),
  ],
  [[...READ_ONLY], 'read-only', () => storageMessage('canOnlyReadStandbySet')],
  [[...DEADLOCKS], 'locked', () => storageMessage('lockedAnotherProgramTryAgain')],
  [
    ['ER_NOT_SUPPORTED_AUTH_MODE', 'AUTH_SWITCH_PLUGIN_ERROR'],
    'access-denied',
    (url) => storageMessage('wantsLogWayNotKnown', { url: whose(url) }),
  ],
];

/** What an error of a driver means for a person: one sentence that begins with the URL, which never holds a password. */
export function fromServerError(error: unknown, url: ServerUrl): StorageError {
  if (error instanceof StorageError) return error;
  if (error instanceof Overtaken) {
    const message = storageMessage('hadLostConnectionMeanwhileResume', { url: String(url), reason: error.message });
    return new StorageError('study-replaced', message, { cause: error });
  }
  const cause = error instanceof CommitLost ? error.cause : error;
  if (cause instanceof NoServer) return noServer(cause, url);
  const options = { cause };
  const message = String((cause as DriverError).message ?? cause).split('\n')[0] as string;
  const failure = encryptionError(cause, url);
  if (failure) return failure;
  if (/pg_hba\.conf/i.test(message)) {
    const sentence = storageMessage('doesNotLetConnectHere', { url: whose(url) });
    return new StorageError('access-denied', storageMessage('says', { place: String(url), what: sentence }), options);
  }
  if (/peer authentication failed/i.test(message)) {
    const sentence = storageMessage('letsThroughSocketOnlyWhere', { url: whose(url) });
    return new StorageError('access-denied', storageMessage('says', { place: String(url), what: sentence }), options);
  }
  if (/password must be a string|no password supplied/i.test(message)) return missingPassword(url, options);
  if (codeOf(cause) === 'ER_ACCESS_DENIED_ERROR' && url.password() === undefined) return missingPassword(url, options);
  const known = MEANINGS.find(([codes]) => codes.includes(codeOf(cause)));
  const ofRedis = url.kind === 'redis' && redisMeaning(codeOf(cause), message);
  if (ofRedis)
    return new StorageError(ofRedis[0], storageMessage('says', { place: String(url), what: ofRedis[1](url) }), options);
  if (known)
    return new StorageError(known[1], storageMessage('says', { place: String(url), what: known[2](url) }), options);
  if (/unexpected \w+ message from backend|unexpected packet|packets out of order/i.test(message)) {
    const sentence = storageMessage('cannotReadNoServerListens', {
      url: String(url),
      serverNames: SERVER_NAMES[url.kind],
    });
    return new StorageError('unreachable', sentence, options);
  }
  if (remedyFor(cause) !== 'none') {
    return new StorageError(
      'unreachable',
      storageMessage('cannotReachedStartResume', { url: String(url), message }),
      options,
    );
  }
  return new StorageError('io', storageMessage('answered', { url: String(url), message }), options);
}

function noServer(cause: NoServer, url: ServerUrl): StorageError {
  const found = cause.unfit.map(({ place, reason }) => `${place} (${reason})`).join(', ');
  const sentence = cause.isForWriting
    ? storageMessage('noServerTakesWritesNow', { url: String(url), found })
    : storageMessage('noServerAnswersNow', { url: String(url), found });
  return new StorageError('unreachable', sentence, { cause });
}

/** Why one of several servers cannot be asked, in a few words. */
export function shortReason(error: unknown, url: ServerUrl): string {
  const [sentence = ''] = fromServerError(error, url).message.replace(`${url} `, '').split('. ');
  return sentence.replace(/^cannot be reached: /, '').replace(/\.$/, '');
}

function missingPassword(url: ServerUrl, options: ErrorOptions): StorageError {
  return new StorageError(
    'missing-password',
    storageMessage('wantsPasswordSetTuneboardStoragePassword', { url: String(url) }),
    options,
  );
}

function whose(url: ServerUrl): Message {
  const user = url.login();
  return user === undefined ? storageMessage('userWord') : storageMessage('user', { user });
}

/** What MariaDB says of its max_statement_time, which the driver has no name for. */
const STATEMENT_TIMEOUT = 1969;

function codeOf(error: unknown): string {
  const { code, errno } = (error ?? {}) as DriverError;
  if (errno === STATEMENT_TIMEOUT) return 'ER_QUERY_TIMEOUT';
  return typeof code === 'string' ? code : '';
}
