import { resolve } from 'node:path';
import type { TrialLog } from '../core/study/studyStore.ts';
import { storageMessage } from '../words/en/storage.ts';
import { detectStorage } from './detectStorage.ts';
import { JournalLog } from './journal/journalLog.ts';
import { TextLog } from './log/textLog.ts';
import { isProxyUrl } from './proxy/isProxyUrl.ts';
import { FILE_LIMITS, type FileRules, isPlainPath } from './regularFile.ts';
import { expandEnvironment, isRedisUrl, isServerUrl, withoutPassword } from './sql/connect/serverUrl.ts';
import { SqliteLog } from './sql/sqlite/sqliteLog.ts';
import { StorageError } from './storageError.ts';

export interface OpenOptions {
  /** Of a database on a server. Default: what its URL has, else the environment. */
  readonly password?: string | undefined;
  /** The only study that is wanted: a database on a server may then leave out the others. */
  readonly studyName?: string | undefined;
  /**
   * The study's folder, of a location that a run record named: only a regular file in it of at most
   * `FILE_LIMITS.recordedStorage` bytes is opened. No server is asked, no `${env:…}` replaced, and no password,
   * certificate or link out of the folder is used. Default: a person named the location.
   */
  readonly within?: string | undefined;
}

/**
 * Opens whatever holds trials, recognised by its content: an Optuna journal (a file, or the URL of one on a Redis server), an
 * Optuna database (a SQLite file, or the URL of one on a PostgreSQL or MySQL server), what is behind Optuna's storage proxy
 * (`grpc://host:13000`), or the printed log of a run. `sqlite:///path` is understood too. Throws a
 * StorageError that names the file or the URL without its password.
 */
export async function openTrialLog(location: string, options: OpenOptions = {}): Promise<TrialLog> {
  if (options.within !== undefined) return openRecorded(location, options.within);
  const given = expandEnvironment(location);
  if (isRedisUrl(given)) return (await import('./journal/redis/openRedis.ts')).openRedisLog(given, options);
  if (isServerUrl(given)) return (await import('./sql/read/serverLog.ts')).openServerLog(given, options);
  if (isProxyUrl(given)) return (await import('./proxy/proxyLog.ts')).openProxyLog(given, options.studyName);
  const path = given.replace(/^sqlite:\/\/\//, '').replace(/^journal:\/\/\//, '/');
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw unsupportedUrl(path);
  return openFile(path);
}

async function openFile(path: string, rules: FileRules = {}): Promise<TrialLog> {
  switch (await detectStorage(path, rules)) {
    case 'sqlite':
      return SqliteLog.open(path, rules);
    case 'journal':
      return JournalLog.open(path, rules);
    case 'text':
      return TextLog.open(path, rules);
    default:
      throw new Error('unreachable');
  }
}

async function openRecorded(location: string, within: string): Promise<TrialLog> {
  if (!isPlainPath(location)) {
    throw new StorageError(
      'needs-consent',
      storageMessage('namedRunRecordServerOpen', { location: withoutPassword(location) }),
    );
  }
  return openFile(resolve(within, location), { within, maxBytes: FILE_LIMITS.recordedStorage });
}

function unsupportedUrl(url: string): StorageError {
  const message = storageMessage('serviceCannotOpenedOpenJournal', { url: withoutPassword(url) });
  return new StorageError('unsupported-url', message);
}
