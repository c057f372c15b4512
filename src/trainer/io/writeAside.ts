import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { isRunning } from '../training/isRunning.ts';

/**
 * Writes a file beside its place and renames it when it is whole and on the disk, so that whoever reads it sees the old
 * file or the new one and a kill leaves no half. Throws `no-space` or `unwritable`, in one sentence.
 */
export async function writeAside(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(aside, 'w');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw unwritable(path, error);
  }
}

/** A text file, as `writeAside`. */
export function writeTextAside(path: string, text: string): Promise<void> {
  return writeAside(path, async (file) => {
    await file.writeFile(text);
  });
}

const PART = /^(.+)\.(\d+)\.part$/;

/** Deletes what processes that are gone have left half written in `folder`, of files that are there whole now. */
export async function removeParts(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names) {
    const [, whole = '', pid] = PART.exec(name) ?? [];
    if (names.includes(whole) && !isRunning(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

/** What went wrong in writing, as one sentence: `no-space` or `unwritable`. Other errors stay as they are. */
export function unwritable(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TuneboardError('no-space', `There is no room on the disk for ${path}: free some and go on.`, {
      cause: error,
    });
  }
  return new TuneboardError('unwritable', `${path} cannot be written: ${message}.`, { cause: error });
}
