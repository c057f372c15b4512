import { constants, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { History } from '../../core/study/history.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';

/** Checkpoints that stay when their trial has ended. */
export type KeptCheckpoints = 'complete' | 'all' | 'none';

const SNAPSHOT = '.paused';
const UNFINISHED = '.tmp';

/**
 * The checkpoint folders of a study's trials, one a trial: `<number>` is what its program reads and writes, and in a
 * population `<number>.paused` what it had left at its last pause, from which others copy. A copy is made beside its place
 * and renamed there: it is there whole or not at all.
 */
export class Checkpoints {
  readonly #folder: string;
  readonly #kept: KeptCheckpoints;
  /** Trials that may have something here. */
  readonly #numbers = new Set<number>();
  /** Copies are made one after the other: none reads what another replaces. */
  #copying: Promise<unknown> = Promise.resolve();

  constructor(folder: string, kept: KeptCheckpoints) {
    this.#folder = folder;
    this.#kept = kept;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      if (name.endsWith(UNFINISHED)) remove(join(folder, name));
      else if (/^\d+(\.paused)?$/.test(name)) this.#numbers.add(Number.parseInt(name, 10));
    }
  }

  /** The trial's folder, made if it is missing. */
  open(number: number): string {
    const path = this.#path(number);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#numbers.add(number);
    return path;
  }

  isEmpty(number: number): boolean {
    return isEmptyFolder(this.#path(number));
  }

  /** The trial begins anew. */
  discard(number: number): void {
    remove(this.#path(number));
  }

  /** Keeps what a trial left at its pause, in place of what it had left before. */
  snapshot(number: number): Promise<void> {
    return this.#copy(this.#path(number), `${this.#path(number)}${SNAPSHOT}`);
  }

  /** Begins a trial with what another one left at its last pause. False: there is nothing. */
  async inherit(number: number, parent: number): Promise<boolean> {
    const source = `${this.#path(parent)}${SNAPSHOT}`;
    if (isEmptyFolder(source)) return false;
    this.#numbers.add(number);
    await this.#copy(source, this.#path(number));
    return true;
  }

  /** Deletes what trials that have ended leave, unless it is to be kept. */
  sweep(history: History): void {
    for (const number of this.#numbers) {
      const state = number < history.length ? history.state(number) : TrialState.fail;
      if (!isFinished(state)) continue;
      remove(`${this.#path(number)}${SNAPSHOT}`);
      const isKept = this.#kept === 'all' || (this.#kept === 'complete' && state === TrialState.complete);
      if (!isKept || this.isEmpty(number)) remove(this.#path(number));
      this.#numbers.delete(number);
    }
  }

  #copy(from: string, to: string): Promise<void> {
    const copied = this.#copying.then(async () => {
      const unfinished = `${to}${UNFINISHED}`;
      remove(unfinished);
      // Costs no room where the file system can share blocks.
      await cp(from, unfinished, { recursive: true, mode: constants.COPYFILE_FICLONE });
      remove(to);
      renameSync(unfinished, to);
    });
    this.#copying = copied.catch(() => undefined);
    return copied;
  }

  #path(number: number): string {
    return join(this.#folder, String(number));
  }
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return true;
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
