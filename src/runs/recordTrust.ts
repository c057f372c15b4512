/**
 * How far a run record may be believed. A record that lies in a folder may be a stranger's: what it says is shown, but the
 * storages, programs and clusters that it names are not touched before the person has agreed, or before it is proven that
 * a tuner of this very user wrote it.
 *
 * The proof is a seal: an HMAC-SHA256 (RFC 2104) over the record and the real path of its run folder, with a key that
 * the first tuner of a user makes in that user's own state folder and that never leaves it. Owner and mode of the file
 * prove nothing: what a person clones or unpacks is theirs. A record that was edited, or copied elsewhere, has no seal
 * that holds; nor have those of a user whose state folder cannot be written.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { RunRecord } from '../protocol/runRecord.ts';
import { FILE_LIMITS, isInside, isPlainPath, readRegularFileSync } from '../storage/regularFile.ts';
import { normalRecord } from './recordSchema.ts';
import type { RunFolder } from './runFolder.ts';

/** Where the trials of a run are, as its record says, and whether that may be opened without asking: only `inside`. */
export type RecordedStorage =
  | { readonly place: 'inside'; readonly path: string }
  | { readonly place: 'outside'; readonly path: string }
  | { readonly place: 'server'; readonly url: string };

/**
 * What a record's `storage` is: a file in the study's folder (the one that has `.tuneboard`, or a folder below), a file
 * elsewhere, or a URL. `outside` and `server` need the person's consent before anything is touched. Looks at the text
 * only: that a file inside is no link out is checked when it is opened (`openTrialLog` with `within`). Null: the run did
 * not know its storage.
 */
export function recordedStorage({ storage }: Pick<RunRecord, 'storage'>, folder: RunFolder): RecordedStorage | null {
  if (storage === null) return null;
  if (!isPlainPath(storage)) return { place: 'server', url: storage };
  const studyFolder = studyFolderOf(folder);
  const path = resolve(studyFolder, storage);
  return { place: isInside(path, studyFolder) ? 'inside' : 'outside', path };
}

/** The folder that contains `.tuneboard`: what a record names in it or below is the study's own. */
export function studyFolderOf(folder: RunFolder): string {
  return dirname(folder.parent);
}

/** The interpreter that a run had, where its record may be believed; undefined where it may name a stranger's program. */
export function recordedPython(record: RunRecord, folder: RunFolder): string | undefined {
  const python = record.python ?? record.launch?.python;
  return python !== undefined && isOwnRecord(record, folder) ? python : undefined;
}

/** The record with its seal, or without one where this user has no key and none can be made. */
export function sealed(record: RunRecord, folder: RunFolder): RunRecord {
  const { seal: _, ...rest } = record;
  const key = readKey() ?? makeKey();
  return key === undefined ? rest : { ...rest, seal: sealOf(rest, folder, key) };
}

/** Whether a tuner of this user wrote this record, in this folder. */
export function isOwnRecord(record: RunRecord, folder: RunFolder): boolean {
  const { seal, ...rest } = record;
  const key = seal === undefined ? undefined : readKey();
  if (seal === undefined || key === undefined) return false;
  const [given, expected] = [Buffer.from(seal), Buffer.from(sealOf(rest, folder, key))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** 32 bytes that only this user's programs can know, the same each time for one purpose. Undefined as for `sealed`. */
export function secretFor(purpose: string): Buffer | undefined {
  const key = readKey() ?? makeKey();
  return key === undefined ? undefined : createHmac('sha256', key).update(purpose).digest();
}

function sealOf(record: RunRecord, folder: RunFolder, key: string): string {
  const place = realpathSync.native(folder.path);
  return createHmac('sha256', key)
    .update(JSON.stringify([place, normalRecord(record)]))
    .digest('hex');
}

function keyPath(): string {
  return join(stateFolder(), 'record.key');
}

/** As each system has it; on Linux the XDG Base Directory Specification. */
function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'tuneboard');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tuneboard');
  const given = env['XDG_STATE_HOME'];
  return join(given && isAbsolute(given) ? given : join(homedir(), '.local', 'state'), 'tuneboard');
}

/** Undefined: there is none, or others could have read it or put it there. */
function readKey(): string | undefined {
  try {
    const stat = lstatSync(keyPath());
    if (process.platform !== 'win32' && (stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0))
      return undefined;
    const key = readRegularFileSync(keyPath(), { noLink: true, maxBytes: FILE_LIMITS.note });
    return /^[0-9a-f]{64}$/.test(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

function makeKey(): string | undefined {
  const temporary = `${keyPath()}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    mkdirSync(stateFolder(), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
    try {
      // Of two tuners that start together one makes the key, and both use it.
      linkSync(temporary, keyPath());
    } catch (error) {
      // A file system without hard links.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') renameSync(temporary, keyPath());
    }
  } catch {
    // A home that cannot be written: records have no seal.
  } finally {
    rmSync(temporary, { force: true });
  }
  return readKey();
}
