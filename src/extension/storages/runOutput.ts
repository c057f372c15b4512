import { closeSync, fstatSync, readSync } from 'node:fs';
import type { RunFolder } from '../../runs/runFolder.ts';
import { checkRegularFile, openRegularFile } from '../../storage/regularFile.ts';
import { StorageError } from '../../storage/storageError.ts';

/** Of a larger file only the end is shown: VS Code opens no text above 50 MB in an extension. */
export const LARGEST_TEXT = 16 << 20;
const TAIL_BYTES = 4 << 20;

/**
 * The path of an output in a run folder, undefined where there is none. Throws a StorageError for what is no regular file,
 * and for what leads out of the folder by a link: a run folder may come from anybody.
 */
export function outputIn(folder: RunFolder, path: string): string | undefined {
  try {
    return checkRegularFile(path, { within: folder.path });
  } catch (error) {
    if (error instanceof StorageError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** The last lines of a large file, and how many bytes before them are left out. */
export function tailOf(path: string): { readonly text: string; readonly skipped: number } {
  return endOf(path, TAIL_BYTES);
}

/** The last whole lines of a file, of so many bytes at most. */
export function endOf(path: string, most: number): { readonly text: string; readonly skipped: number } {
  const fd = openRegularFile(path);
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, most));
    const length = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const start = size > bytes.length ? bytes.indexOf(0x0a, 0) + 1 : 0;
    return { text: bytes.toString('utf8', start, length), skipped: size - bytes.length + start };
  } finally {
    closeSync(fd);
  }
}
