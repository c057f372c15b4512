import { closeSync, readSync } from 'node:fs';
import { storageMessage } from '../words/en/storage.ts';
import { TimeSlice } from './eventLoop.ts';
import { textEncoding } from './log/textEncoding.ts';
import { type FileRules, openRegularFile } from './regularFile.ts';
import { fromSystemError, StorageError } from './storageError.ts';

/** Kinds of files, by the names of their rows in kinds.ts. */
export type FileKind = 'journal' | 'sqlite' | 'text';

const HEAD_BYTES = 4096;
const CHUNK_BYTES = 1 << 20;
/** How far a log is searched for its first line about a trial, in bytes. */
const SEARCH_LIMIT = 256 << 20;
const SQLITE_MAGIC = 'SQLite format 3\u0000';
const JOURNAL_START = /^(?:\xef\xbb\xbf)?\s*\{\s*"op_code"\s*:\s*\d/;
const LOG_SIGNS =
  /Trial \d+ (?:finished with values?: |pruned\.|failed)|A new study created in|Using an existing study with|BestRun\(|Finished trial#\d+|Setting status of trial#\d+/;
const SIGN_OVERLAP = 80;
/** First bytes of files that hold another file, packed: gzip, zip, zstd, xz, bzip2. */
const PACKED = ['\u001f\u008b', 'PK\u0003\u0004', '(\u00b5/\u00fd', '\u00fd7zXZ', 'BZh'];

/** What kind of trial log a file is, by its bytes and never by its name. Throws a StorageError when it is none. */
export async function detectStorage(path: string, rules: FileRules = {}): Promise<FileKind> {
  const fd = openRegularFile(path, rules);
  try {
    return await detect(fd, path);
  } catch (error) {
    throw fromSystemError(error, 'read', path);
  } finally {
    closeSync(fd);
  }
}

async function detect(fd: number, path: string): Promise<FileKind> {
  const buffer = Buffer.allocUnsafe(HEAD_BYTES);
  const head = buffer.toString('latin1', 0, readSync(fd, buffer, 0, HEAD_BYTES, 0));
  if (head.length === 0) {
    throw new StorageError('no-study', storageMessage('emptyNoStudyWrittenYet', { path }));
  }
  if (head.startsWith(SQLITE_MAGIC)) return 'sqlite';
  if (SQLITE_MAGIC.startsWith(head.slice(0, 16))) {
    throw new StorageError('truncated', storageMessage('endsMiddleHeaderCopyWhole', { path }));
  }
  if (JOURNAL_START.test(head)) return 'journal';
  if (PACKED.some((start) => head.startsWith(start))) {
    throw new StorageError('not-a-storage', storageMessage('compressedFileUnpackOpenWhat', { path }));
  }
  if (await hasLogSigns(fd, textEncoding(fd))) return 'text';
  // The first line may be damaged while the rest is a journal.
  if (/\n\{"op_code":\d/.test(head)) return 'journal';
  throw new StorageError('not-a-storage', storageMessage('neitherOptunaDatabaseJournalNor', { path }));
}

async function hasLogSigns(fd: number, encoding: 'utf8' | 'utf16le'): Promise<boolean> {
  const slice = new TimeSlice();
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let carry = '';
  for (let offset = 0; offset < SEARCH_LIMIT; ) {
    const length = readSync(fd, buffer, 0, CHUNK_BYTES, offset);
    if (length === 0) return false;
    const text = carry + buffer.toString(encoding === 'utf8' ? 'latin1' : encoding, 0, length);
    if (LOG_SIGNS.test(text)) return true;
    carry = text.slice(-SIGN_OVERLAP);
    offset += length;
    if (slice.isOver) await slice.yield();
  }
  return false;
}
