/**
 * Opening of files that a stranger may have put where they are: a link, a named pipe, a device or a file without end in
 * place of a storage, a record or a certificate costs one sentence, and never a blocked event loop or the memory.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { storageMessage } from '../words/en/storage.ts';
import { fromSystemError, StorageError } from './storageError.ts';

/** Most bytes that are read of a file, by what it is for; docs/limits.md has the list for people. */
export const FILE_LIMITS = {
  runRecord: 2 << 20,
  /** Locks, keys and process ids: a few words each. */
  note: 64 << 10,
  certificate: 1 << 20,
  /** A storage that a run record names, opened without a person's asking. One that a person opens has no limit. */
  recordedStorage: 256 << 20,
  /** One line of a journal, in bytes. */
  journalLine: 16 << 20,
} as const;

export interface FileRules {
  /** The folder that the file has to be in, links resolved. Default: it may be anywhere. */
  readonly within?: string | undefined;
  /** Whether a link to a regular file is refused too. Default: false. */
  readonly noLink?: boolean | undefined;
  /** Default: no limit. */
  readonly maxBytes?: number | undefined;
}

/** O_NONBLOCK: a named pipe that replaces the file after it was looked at does not block. Windows has neither flag. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Opens a regular file for reading and returns its descriptor. Throws StorageError: `not-a-file` (folder, named pipe,
 * socket, device, or a link that is not allowed), `outside-folder`, `too-large`, or what the system says.
 */
export function openRegularFile(path: string, rules: FileRules = {}): number {
  let fd: number | undefined;
  try {
    const real = checkRegularFile(path, rules);
    fd = openSync(real, READ_FLAGS);
    requireRegular(fstatSync(fd), path, rules);
    return fd;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw fromSystemError(error, 'open', path);
  }
}

/** The same checks without opening, for a library that opens by path. Returns the path without links. Throws as above. */
export function checkRegularFile(path: string, rules: FileRules = {}): string {
  try {
    if (rules.noLink) requireRegular(lstatSync(path), path, rules);
    const real = realpathSync.native(path);
    if (rules.within !== undefined) requireInside(real, realpathSync.native(rules.within), path);
    requireRegular(lstatSync(real), path, rules);
    return real;
  } catch (error) {
    throw fromSystemError(error, 'open', path);
  }
}

/** Reads a whole regular file as UTF-8. `maxBytes` is needed. Throws as `openRegularFile`. */
export function readRegularFileSync(path: string, rules: FileRules & { readonly maxBytes: number }): string {
  const fd = openRegularFile(path, rules);
  try {
    // One byte more than allowed shows a file that grew, or that says it is empty, as those of /proc do.
    const bytes = Buffer.allocUnsafe(Math.min(fstatSync(fd).size, rules.maxBytes) + 1);
    let length = 0;
    for (let more = -1; more !== 0 && length < bytes.length; length += more) {
      more = readSync(fd, bytes, length, bytes.length - length, length);
    }
    if (length > rules.maxBytes) throw tooLarge(path, rules.maxBytes);
    return bytes.toString('utf8', 0, length);
  } catch (error) {
    throw fromSystemError(error, 'read', path);
  } finally {
    closeSync(fd);
  }
}

/** `readRegularFileSync` that holds no thread of the caller's. */
export async function readRegularFile(path: string, rules: FileRules & { readonly maxBytes: number }): Promise<string> {
  let file: FileHandle | undefined;
  try {
    if (rules.noLink) requireRegular(await lstat(path), path, rules);
    const real = await realpath(path);
    if (rules.within !== undefined) requireInside(real, await realpath(rules.within), path);
    requireRegular(await lstat(real), path, rules);
    file = await open(real, READ_FLAGS);
    const stat = await file.stat();
    requireRegular(stat, path, rules);
    const bytes = Buffer.allocUnsafe(Math.min(stat.size, rules.maxBytes) + 1);
    let length = 0;
    for (let more = -1; more !== 0 && length < bytes.length; length += more) {
      more = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
    }
    if (length > rules.maxBytes) throw tooLarge(path, rules.maxBytes);
    return bytes.toString('utf8', 0, length);
  } catch (error) {
    throw fromSystemError(error, 'read', path);
  } finally {
    await file?.close();
  }
}

/**
 * Whether a text names a file on this machine and nothing else: no URL of any scheme (two letters at least, one is a
 * drive), no share of another machine, which Windows would log in to, and no variable.
 */
export function isPlainPath(text: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:|^[\\/]{2}|\$\{/i.test(text);
}

/** Whether a path, links not looked at, is a folder or something below it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== '..' && !way.startsWith('../') && !way.startsWith('..\\') && !isAbsolute(way);
}

function requireInside(real: string, folder: string, path: string): void {
  if (isInside(real, folder)) return;
  throw new StorageError('outside-folder', storageMessage('leadsOutLinkWhichNot', { path, folder }));
}

function requireRegular(stat: Stats, path: string, { maxBytes = Number.POSITIVE_INFINITY }: FileRules): void {
  if (!stat.isFile()) throw notAFile(stat, path);
  if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
}

function notAFile(stat: Stats, path: string): StorageError {
  if (stat.isDirectory()) return fromSystemError({ code: 'EISDIR' }, 'open', path);
  const what = stat.isSymbolicLink()
    ? storageMessage('symbolicLink')
    : stat.isFIFO()
      ? storageMessage('namedPipe')
      : stat.isSocket()
        ? storageMessage('socket')
        : storageMessage('device');
  return new StorageError('not-a-file', storageMessage('leftAlonePutRegularFile', { path, what }));
}

function tooLarge(path: string, maxBytes: number): StorageError {
  const limit = maxBytes >= 1 << 20 ? `${maxBytes >> 20} MiB` : `${maxBytes >> 10} KiB`;
  const sentence =
    maxBytes === FILE_LIMITS.recordedStorage
      ? storageMessage('largerThanMostLoadedUnasked', { path, limit })
      : storageMessage('largerThanMostReadSuch', { path, limit });
  return new StorageError('too-large', sentence);
}
