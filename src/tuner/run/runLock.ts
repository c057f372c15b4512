/**
 * One tuner a study. A lock is a file `run.lock.<generation>` that names its owner's process; the highest generation
 * decides. To take over from a dead owner one makes the next generation with link(2), which only one process can. A
 * lock is never deleted by its owner, only marked as released, so that generations only grow: a process that looked at
 * an old one and was slow cannot come in beside a newer owner.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { isProcessAlive, processStart } from '../../runs/processIdentity.ts';
import type { RunFolder } from '../../runs/runFolder.ts';
import { FILE_LIMITS, readRegularFileSync } from '../../storage/regularFile.ts';
import { runsMessage } from '../../words/en/runs.ts';

interface Owner {
  readonly pid: number;
  readonly processStart: string;
  readonly released?: boolean;
}

/** Generations that a study can come to; a file with another number is none of ours. */
const LAST_GENERATION = 999_999_999;
/** Each further attempt means that another tuner took the lock at this very moment. */
const MOST_ATTEMPTS = 100;

export interface RunLock {
  release(): void;
}

/** Takes the lock, or tells which process has it. Throws `unsafe-file` where the locks that are there leave no next one. */
export function takeRunLock(folder: RunFolder): RunLock | { readonly ownerPid: number } {
  const owner: Owner = { pid: process.pid, processStart: processStart(process.pid) ?? '' };
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const newest = newestOf(folder);
    if (newest >= LAST_GENERATION) break;
    const holder = newest > 0 ? readOwner(lockPath(folder, newest)) : undefined;
    if (holder && !holder.released && isProcessAlive(holder.pid, holder.processStart)) return { ownerPid: holder.pid };
    const mine = newest + 1;
    if (!createExclusively(lockPath(folder, mine), owner)) continue;
    if (newestOf(folder) > mine) {
      rmSync(lockPath(folder, mine), { force: true });
      continue;
    }
    for (const old of generations(folder)) if (old < mine) rmSync(lockPath(folder, old), { force: true });
    return { release: () => replaceOwner(lockPath(folder, mine), { ...owner, released: true }) };
  }
  const files = join(folder.path, 'run.lock.*');
  throw new TuneboardError('unsafe-file', runsMessage('studyCannotLockedDeleteFiles', { files }));
}

function lockPath(folder: RunFolder, generation: number): string {
  return join(folder.path, `run.lock.${generation}`);
}

function newestOf(folder: RunFolder): number {
  return generations(folder).reduce((newest, generation) => Math.max(newest, generation), 0);
}

/** As `lockPath` writes them, with no more digits than LAST_GENERATION has. */
function generations(folder: RunFolder): number[] {
  return readdirSync(folder.path, { withFileTypes: true }).flatMap((entry) => {
    const match = entry.isDirectory() ? null : /^run\.lock\.([1-9]\d{0,8})$/.exec(entry.name);
    return match ? [Number(match[1])] : [];
  });
}

/** Undefined when the file went away, is none, or holds nonsense (then the lock is free). */
function readOwner(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readRegularFileSync(path, { noLink: true, maxBytes: FILE_LIMITS.note })) as Owner;
    return typeof owner.pid === 'number' && typeof owner.processStart === 'string' ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** The file appears with its whole content or not at all. */
function createExclusively(path: string, owner: Owner): boolean {
  const temporary = temporaryFor(path);
  writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    // File systems without hard links: O_EXCL is the next best.
    return createWithFlag(path, owner);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function createWithFlag(path: string, owner: Owner): boolean {
  try {
    writeFileSync(path, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function replaceOwner(path: string, owner: Owner): void {
  const temporary = temporaryFor(path);
  try {
    writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch {
    // A full disk: the lock still names a process that is about to end.
    rmSync(temporary, { force: true });
  }
}

function temporaryFor(path: string): string {
  return `${path.replace(/run\.lock\.\d+$/, 'lock')}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
}
