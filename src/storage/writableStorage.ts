import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TuneboardError } from '../core/errors.ts';
import type { WritableTrialLog } from '../core/study/studyStore.ts';
import { storageMessage } from '../words/en/storage.ts';
import { detectStorage } from './detectStorage.ts';
import { JournalLog } from './journal/journalLog.ts';
import { openRedisStore } from './journal/redis/openRedis.ts';
import { isProxyUrl } from './proxy/isProxyUrl.ts';
import { ProxyStore } from './proxy/proxyStore.ts';
import { ProxyUrl } from './proxy/proxyUrl.ts';
import type { OnWaiting } from './retry.ts';
import {
  expandEnvironment,
  isServerUrl,
  type ServerKind,
  ServerUrl,
  withoutPassword,
} from './sql/connect/serverUrl.ts';
import { SqliteStore } from './sql/sqlite/sqliteStore.ts';
import { ServerStore } from './sql/write/serverStore.ts';
import { StorageError } from './storageError.ts';

/** Where a study is to be written. */
export type StoragePlace = FilePlace | ServerPlace | ProxyPlace;

export interface FilePlace {
  readonly kind: 'journal' | 'sqlite';
  /** Absolute. */
  readonly path: string;
}

export interface ServerPlace {
  readonly kind: ServerKind;
  /** The URL without its password: it may be shown and kept. */
  readonly path: string;
  readonly url: ServerUrl;
}

/** Behind Optuna's storage proxy. */
export interface ProxyPlace {
  readonly kind: 'grpc';
  readonly path: string;
  readonly url: ProxyUrl;
}

export interface WritableOptions {
  /** Awaited before a journal is opened. */
  readonly beforeJournal?: ((path: string) => Promise<void>) | undefined;
  /** The only study that is wanted: a database on a server then leaves out the others. */
  readonly studyName?: string | undefined;
  /** Its trials carry no owner: on MySQL they name who wrote them, so that a crash of the server mixes up none of one second. */
  readonly signs?: boolean | undefined;
  /** Told that a server is away and waited for, and that it is there again. */
  readonly onWaiting?: OnWaiting | undefined;
}

/** As SQLAlchemy has it: three slashes before a relative path, four before an absolute one. */
const SQLITE_URL = /^sqlite(?:\+\w+)?:\/\/\/(?!:memory:)([^?]+)/i;
const SQLITE_NAME = /\.(db|sqlite3?)$/i;

/**
 * What a `storage` setting names: `postgresql://…`, `mysql://…`, `redis://…`, `grpc://…`, `sqlite:///study.db`, the path of a SQLite database (`.db`,
 * `.sqlite`, `.sqlite3`) or of a journal (any other name), relative to `folder`. `${env:NAME}` is replaced. Throws
 * `unsupported-storage`, `unsupported-url` and `missing-variable`.
 */
export function storagePlace(storage: string, folder: string): StoragePlace {
  const given = expandEnvironment(storage);
  if (isServerUrl(given)) {
    const url = ServerUrl.parse(given);
    return { kind: url.kind, path: url.location, url };
  }
  if (isProxyUrl(given)) {
    const url = ProxyUrl.parse(given);
    return { kind: 'grpc', path: url.location, url };
  }
  const database = SQLITE_URL.exec(given)?.[1];
  if (database !== undefined) return { kind: 'sqlite', path: resolve(folder, database) };
  const path = given.startsWith('file:') ? fileURLToPath(given) : given;
  if (/^[a-z][a-z0-9+]+:\/\//i.test(path)) {
    throw new TuneboardError(
      'unsupported-storage',
      storageMessage('studiesWrittenJournalFilesRedis', { given: withoutPassword(given) }),
    );
  }
  return { kind: SQLITE_NAME.test(path) ? 'sqlite' : 'journal', path: resolve(folder, path) };
}

/**
 * Opens it for writing, made if missing. What a file holds counts more than its name; one that holds something else is
 * left alone: `not-a-storage`.
 */
export async function openWritableStorage(
  place: StoragePlace,
  { beforeJournal, studyName, signs, onWaiting }: WritableOptions = {},
): Promise<WritableTrialLog> {
  if (place.kind === 'redis') return openRedisStore(place.url, { onWaiting });
  if (place.kind === 'grpc') return ProxyStore.open(place.url, { studyName, onWaiting });
  if ('url' in place) return ServerStore.open(place.url, { create: true, studyName, signs, onWaiting });
  if ((await kindOf(place)) === 'sqlite') return SqliteStore.open(place.path, { create: true });
  await beforeJournal?.(place.path);
  return JournalLog.open(place.path, { create: true });
}

async function kindOf({ kind, path }: FilePlace): Promise<FilePlace['kind']> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat || (stat.isFile() && (stat.size === 0 || isTornStart(path, stat.size)))) return kind;
  const found = await detectStorage(path);
  if (found !== 'text') return found;
  throw new StorageError('not-a-storage', storageMessage('neitherOptunaJournalNorOptuna', { path }));
}

/** A tuner that died in its very first write leaves less than one line: appending cuts that off. */
function isTornStart(path: string, size: number): boolean {
  if (size > 4096) return false;
  const text = readFileSync(path, 'latin1');
  return !text.includes('\n') && '{"op_code":'.startsWith(text.slice(0, 11));
}
