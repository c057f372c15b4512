import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isRunning } from '../training/isRunning.ts';

const GONE = /^\..+\.(\d+)\.gone$/;

/**
 * Deletes a folder with all that is in it, if there is one. It is renamed first, so that a reader, and a process that starts
 * after a kill, sees all of it or nothing; what a kill leaves is for `removeGone`.
 */
export async function removeAside(path: string): Promise<void> {
  const gone = join(dirname(path), `.${basename(path)}.${process.pid}.gone`);
  await rm(gone, { recursive: true, force: true });
  if (await renamed(path, gone)) await rm(gone, { recursive: true, force: true });
}

/** Deletes what processes that are gone were deleting in `folder`. Several processes may do so at once. */
export async function removeGone(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const pid = GONE.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** None where there is no folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** False where there is nothing of that name: another process may have been faster. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
