import { type FSWatcher, stat, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { TrialLog } from '../core/study/studyStore.ts';
import { kindNamed } from './kinds.ts';

/** Changes that follow one another faster than this are read together. */
const DEBOUNCE_MS = 50;
const SUFFIXES = ['', '-wal', '-journal'];
/** A server tells nobody that it has news: it is asked, soon after there were some and ever less often while there are none. */
const LEAST_ASK_MS = 1000;
/** One that is away is asked less often still. */
const AWAY_MS = 10_000;
/** A file that is missing for less than this is being replaced. */
const REPLACED_MS = 500;

/**
 * Refreshes a log when its file changes, or from time to time where it is a database on a server, and calls `onChange` when
 * that brought something new, at most every 50 ms, and when a file or a server is there again. An error while reading (a
 * deleted file, a locked database, a server that is away) goes to `onError`, and is tried again.
 */
export function watchTrialLog(
  log: TrialLog,
  onChange: () => void,
  onError: (error: unknown) => void = () => {},
): { dispose(): void } {
  const { watch: how, pollMs } = kindNamed(log.kind);
  if (how === 'poll') return askAgain(log, pollMs, onChange, onError);
  const watcher = new TrialLogWatcher(log, pollMs, onChange, onError);
  return { dispose: () => watcher.dispose() };
}

function askAgain(
  log: TrialLog,
  mostMs: number,
  onChange: () => void,
  onError: (error: unknown) => void,
): { dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isDisposed = false;
  const leastMs = Math.min(LEAST_ASK_MS, mostMs);
  let pause = leastMs;
  let isAway = false;
  const wait = () => {
    if (isDisposed) return;
    timer = setTimeout(ask, pause);
    timer.unref();
  };
  const ask = async () => {
    try {
      const isChanged = await log.refresh();
      pause = isChanged ? leastMs : Math.min(pause * 1.25, mostMs);
      if ((isChanged || isAway) && !isDisposed) onChange();
      isAway = false;
    } catch (error) {
      pause = AWAY_MS;
      isAway = true;
      if (!isDisposed) onError(error);
    }
    wait();
  };
  wait();
  return {
    dispose: () => {
      isDisposed = true;
      clearTimeout(timer);
    },
  };
}

class TrialLogWatcher {
  readonly #log: TrialLog;
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #names: ReadonlySet<string>;
  #watcher: FSWatcher | undefined;
  readonly #poll: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #isPending = false;
  #isDisposed = false;
  #stamp = '';
  /** Which file was there at the last look. */
  #file: string | undefined;
  /** When the file was first found missing. */
  #missingSince: number | undefined;

  constructor(log: TrialLog, pollMs: number, onChange: () => void, onError: (error: unknown) => void) {
    this.#log = log;
    this.#onChange = onChange;
    this.#onError = onError;
    const name = basename(log.location);
    this.#names = new Set(SUFFIXES.map((suffix) => name + suffix));
    this.#watchFolder();
    this.#poll = setInterval(() => this.#look(), pollMs);
    this.#poll.unref();
    this.#look();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#watcher?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
  }

  /** The folder, not the file: a file that is replaced would take its watcher along. A folder that is replaced does. */
  #watchFolder(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      this.#watcher = watch(dirname(this.#log.location), { persistent: false }, (_event, name) => {
        if (name === null || this.#names.has(name)) this.#schedule();
      });
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      // Polling goes on.
    }
  }

  #look(): void {
    const stamps: string[] = [];
    let file: string | undefined;
    for (const suffix of SUFFIXES) {
      stat(this.#log.location + suffix, (error, found) => {
        if (suffix === '' && found) file = `${found.dev}:${found.ino}`;
        stamps.push(error ? suffix : `${suffix}:${found.ino}:${found.size}:${found.mtimeMs}`);
        if (stamps.length < SUFFIXES.length || this.#isDisposed) return;
        if (file !== undefined && this.#file !== undefined && file !== this.#file) this.#watchFolder();
        this.#file = file ?? this.#file;
        const stamp = stamps.sort().join(' ');
        if (stamp === this.#stamp) return;
        this.#stamp = stamp;
        this.#schedule();
      });
    }
  }

  #schedule(afterMs = DEBOUNCE_MS): void {
    if (this.#isDisposed || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, afterMs);
    this.#timer.unref();
  }

  async #read(): Promise<void> {
    if (this.#isReading) {
      this.#isPending = true;
      return;
    }
    this.#isReading = true;
    try {
      const isChanged = await this.#log.refresh();
      const isBack = this.#missingSince !== undefined;
      this.#missingSince = undefined;
      // The folder may be another one, which nobody watches yet.
      if (isBack && !this.#isDisposed) this.#watchFolder();
      if ((isChanged || isBack) && !this.#isDisposed) this.#onChange();
    } catch (error) {
      if (!this.#isBeingReplaced(error) && !this.#isDisposed) this.#onError(error);
    } finally {
      this.#isReading = false;
    }
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#schedule();
  }

  /** Whether the file went missing only now: it is looked for once more before that is reported. */
  #isBeingReplaced(error: unknown): boolean {
    if ((error as { code?: unknown }).code !== 'not-found') return false;
    this.#missingSince ??= performance.now();
    // It may come back before the next look, and look the same.
    this.#stamp = '';
    const isSoon = performance.now() < this.#missingSince + REPLACED_MS;
    if (isSoon) this.#schedule(REPLACED_MS);
    return isSoon;
  }
}
