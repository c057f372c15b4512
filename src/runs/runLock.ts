/**
 * One tuner a study. A lock is a file `run.lock.<generation>` that names its owner's process; the highest generation
 * decides. To take over from a dead owner one makes the next generation with link(2), which only one process can. A
 * lock is never deleted by its owner, only marked as released, so that generations only grow: a process that looked at
 * an old one and was slow cannot come in beside a newer owner.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProcessAlive, processStart } from './processIdentity.ts';
import type { RunFolder } from './runFolder.ts';

interface Owner {
  readonly pid: number;
  readonly processStart: string;
  readonly released?: boolean;
}

export interface RunLock {
  release(): void;
}

/** Takes the lock, or tells which process has it. */
export function takeRunLock(folder: RunFolder): RunLock | { readonly ownerPid: number } {
  const owner: Owner = { pid: process.pid, processStart: processStart(process.pid) ?? '' };
  for (;;) {
    const newest = Math.max(0, ...generations(folder));
    const holder = newest > 0 ? readOwner(lockPath(folder, newest)) : undefined;
    if (holder && !holder.released && isProcessAlive(holder.pid, holder.processStart)) return { ownerPid: holder.pid };
    const mine = newest + 1;
    if (!createExclusively(lockPath(folder, mine), owner)) continue;
    if (Math.max(...generations(folder)) > mine) {
      rmSync(lockPath(folder, mine), { force: true });
      continue;
    }
    for (const old of generations(folder)) if (old < mine) rmSync(lockPath(folder, old), { force: true });
    return { release: () => replaceOwner(lockPath(folder, mine), { ...owner, released: true }) };
  }
}

function lockPath(folder: RunFolder, generation: number): string {
  return join(folder.path, `run.lock.${generation}`);
}

function generations(folder: RunFolder): number[] {
  return readdirSync(folder.path).flatMap((name) => {
    const match = /^run\.lock\.(\d+)$/.exec(name);
    return match ? [Number(match[1])] : [];
  });
}

/** Undefined when the file went away or holds nonsense (then it holds nobody). */
function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** The file appears with its whole content or not at all. */
function createExclusively(path: string, owner: Owner): boolean {
  const temporary = temporaryFor(path);
  writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600 });
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
    writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    // A full disk: the lock still names a process that is about to end.
    rmSync(temporary, { force: true });
  }
}

function temporaryFor(path: string): string {
  return `${path.replace(/run\.lock\.\d+$/, 'lock')}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
}
