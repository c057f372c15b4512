import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { TuneboardError } from '../core/errors.ts';
import type { WritableTrialLog } from '../core/study/studyStore.ts';
import { storageMessage } from '../words/en/storage.ts';
import { detectStorage } from './detectStorage.ts';
import { type Inspection, kindNamed, placeOf, type StoragePlace, type WritableOptions } from './kinds.ts';
import { openTrialLog } from './openTrialLog.ts';
import { expandEnvironment, withoutPassword } from './sql/connect/serverUrl.ts';
import { StorageError } from './storageError.ts';

export type { StoragePlace, WritableOptions } from './kinds.ts';

/**
 * What a `storage` setting names: the URL of a storage elsewhere, `sqlite:///study.db`, the path of a SQLite database (`.db`,
 * `.sqlite`, `.sqlite3`) or of a journal (any other name), relative to `folder`. `${env:NAME}` is replaced. Throws
 * `unsupported-storage`, `unsupported-url` and `missing-variable`.
 */
export function storagePlace(storage: string, folder: string): StoragePlace {
  const given = expandEnvironment(storage);
  const place = placeOf(given, folder);
  if (place) return place;
  throw new TuneboardError(
    'unsupported-storage',
    storageMessage('studiesWrittenJournalFilesRedis', { given: withoutPassword(given) }),
  );
}

/**
 * Opens it for writing, made if missing. What a file holds counts more than its name; one that holds something else is
 * left alone: `not-a-storage`.
 */
export async function openWritableStorage(
  place: StoragePlace,
  options: WritableOptions = {},
): Promise<WritableTrialLog> {
  const { openStore } = await kindNamed(place.url ? place.kind : await writtenKind(place)).load();
  if (openStore) return openStore(place, options);
  throw new StorageError('not-a-storage', storageMessage('neitherOptunaJournalNorOptuna', { path: place.path }));
}

async function writtenKind({ kind, path }: StoragePlace): Promise<string> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat || (stat.isFile() && (stat.size === 0 || isTornStart(path, stat.size)))) return kind;
  return detectStorage(path);
}

/** A tuner that died in its very first write leaves less than one line: appending cuts that off. */
function isTornStart(path: string, size: number): boolean {
  if (size > 4096) return false;
  const text = readFileSync(path, 'latin1');
  return !text.includes('\n') && '{"op_code":'.startsWith(text.slice(0, 11));
}

/**
 * Whether studies can be kept there; nothing is changed. Throws one sentence about what is wrong.
 * @param isNamed Whether a person named the storage itself: a file that is not there is then a slip of the pen.
 */
export async function inspectStorage(
  place: StoragePlace,
  isNamed: boolean,
): Promise<Inspection & { readonly what: string }> {
  const { label, load } = kindNamed(place.kind);
  const { inspect } = await load();
  if (inspect) return { what: label, ...(await inspect(place)) };
  const { path, url } = place;
  const shown = url || relative('.', path).startsWith('..') ? path : relative('.', path);
  if (!url && !existsSync(path)) {
    const missing = isNamed ? { missing: 'Correct its name, or begin a study in it.' } : {};
    return { what: label, found: `${shown}: not there yet`, ...missing };
  }
  const log = await openTrialLog(path);
  const count = log.studies().length;
  await log.close();
  const base = { what: kindNamed(log.kind).label, found: `${shown}: ${count} ${count === 1 ? 'study' : 'studies'}` };
  if (url) return base;
  try {
    accessSync(path, constants.W_OK);
    return base;
  } catch {
    return { ...base, missing: `You may not write ${shown}: it can only be looked at.` };
  }
}
