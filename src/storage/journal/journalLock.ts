import { randomUUID } from 'node:crypto';
import {
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { storageMessage } from '../../words/en/storage.ts';
import { fromSystemError, StorageError } from '../storageError.ts';
import { lockHolder } from './lockHolder.ts';

/**
 * The lock that Optuna's JournalFileSymlinkLock and JournalFileOpenLock share: the file `<absolute path>.lock` exists
 * while somebody writes. Optuna ≥ 5 breaks a lock when the journal behind it has not changed for 30 s; so do we.
 */

const STALE_MS = 30_000;
/** A lock of a process that is known to have died needs only to be looked at twice. */
const DEAD_MS = 5;
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 64;
/** A waiting Optuna looks at least once a second: a writer that wanted the lock within this time may still want it. */
const WANTED_MS = 2000;

const holder = lockHolder();

export class JournalLock {
  readonly #path: string;
  readonly #lockPath: string;
  readonly #staleMs: number;
  #wantedUntil = 0;

  /** `path` must be absolute: the symbolic link has to resolve from anywhere. */
  constructor(path: string, staleMs = STALE_MS) {
    this.#path = path;
    this.#lockPath = `${path}.lock`;
    this.#staleMs = staleMs;
  }

  /** Waits for the lock, however long live writers hold it. Throws `read-only` or `disk-full` when it cannot be made. */
  async acquire(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    let seen = '';
    let seenAt = performance.now();
    while (!this.#tryCreate()) {
      this.noteOther();
      const now = this.#fingerprint();
      if (now === undefined || now !== seen) {
        seen = now ?? '';
        seenAt = performance.now();
      } else if (performance.now() - seenAt > (this.#isHolderDead() ? DEAD_MS : this.#staleMs)) {
        this.#breakStale(seen);
        seen = '';
        continue;
      }
      // The jitter keeps several waiters from meeting again and again.
      await sleep(waitMs * (0.5 + Math.random()));
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }

  /** Another process writes to the journal too. */
  noteOther(): void {
    this.#wantedUntil = performance.now() + WANTED_MS;
  }

  /** For the holder: whether others write to the journal as well, so far as that can be seen. */
  isWanted(): boolean {
    if (performance.now() < this.#wantedUntil) return true;
    if (!holder) return true;
    const lock = lstatSync(this.#lockPath, { bigint: true, throwIfNoEntry: false });
    if (lock && holder.isWanted(lock)) this.noteOther();
    return performance.now() < this.#wantedUntil;
  }

  /** Rename first: of two that believe they hold the lock only one succeeds. */
  release(): void {
    this.#remove();
  }

  #tryCreate(): boolean {
    try {
      if (process.platform === 'win32') closeSync(openSync(this.#lockPath, 'wx'));
      else symlinkSync(this.#path, this.#lockPath);
      holder?.mark(this.#lockPath);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      // Windows answers so while another process deletes the file.
      if (code === 'EPERM' && process.platform === 'win32') return false;
      if (code === 'ENOENT') {
        throw new StorageError('not-found', storageMessage('cannotWriteFolderDoesNot', { path: this.#path }), {
          cause: error,
        });
      }
      throw fromSystemError(error, 'lock', this.#path);
    }
  }

  /** What stays the same while a dead process holds the lock: the lock itself and the journal's last write. */
  #fingerprint(): string | undefined {
    try {
      const lock = lstatSync(this.#lockPath, { bigint: true });
      const journal = statSync(this.#path, { bigint: true });
      // Its holder sees by that that it is wanted.
      if (lock.isSymbolicLink()) readlinkSync(this.#lockPath);
      return `${lock.ino}:${lock.ctimeNs}:${journal.mtimeNs}:${journal.size}`;
    } catch {
      return undefined;
    }
  }

  #isHolderDead(): boolean {
    const lock = lstatSync(this.#lockPath, { bigint: true, throwIfNoEntry: false });
    return lock !== undefined && holder?.isDead(lock) === true;
  }

  #breakStale(fingerprint: string): void {
    if (this.#fingerprint() !== fingerprint) return;
    const inode = fingerprint.slice(0, fingerprint.indexOf(':'));
    this.#remove((moved) => {
      if (String(lstatSync(moved, { bigint: true }).ino) === inode) return;
      // Another waiter broke it first and this is a live writer's lock: give it back.
      try {
        linkSync(moved, this.#lockPath);
      } catch {
        // Somebody has taken it meanwhile.
      }
    });
  }

  #remove(inspect?: (moved: string) => void): void {
    const moved = `${this.#lockPath}${randomUUID()}.rename`;
    try {
      renameSync(this.#lockPath, moved);
      inspect?.(moved);
      unlinkSync(moved);
    } catch {
      // Already broken by a waiter: nothing is left to release.
    }
  }
}
