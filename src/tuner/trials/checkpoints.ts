import { randomBytes } from 'node:crypto';
import { constants, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { History } from '../../core/study/history.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { makeOwnFolder } from '../../runs/ownFiles.ts';

/** Checkpoints that stay when their trial has ended. */
export type KeptCheckpoints = 'complete' | 'all' | 'none';

const SNAPSHOT = '.paused';
const UNFINISHED = '.tmp';
/** What another worker may still be copying is younger. */
const LONGEST_COPY_MS = 24 * 3_600_000;
/** How often a parent may pause anew while it is copied. */
const MOST_TRIES = 5;

/**
 * The checkpoint folders of a study's trials, one a trial: `<number>` is what its program reads and writes, and in a
 * population `<number>.paused.<n>.<step>` are its checkpoints at its last two pauses, from which others copy: a trial that
 * starts from the weights of a step gets them although their owner has paused again. A copy is made beside its place and
 * renamed. A name is never used twice, so that workers that share the folder never see one copy turn into another.
 */
export class Checkpoints {
  readonly #folder: string;
  readonly #kept: KeptCheckpoints;
  /** Trials that may have something here. */
  readonly #numbers = new Set<number>();
  /** Copies are made one after the other: none reads what another replaces. */
  #copying: Promise<unknown> = Promise.resolve();

  /** @param isShared Whether other processes use the folder at the same time. */
  constructor(folder: string, kept: KeptCheckpoints, isShared = false) {
    this.#folder = folder;
    this.#kept = kept;
    // A person may give a folder that is reached by a link; what is in it is ours.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      if (name.endsWith(UNFINISHED)) {
        if (!isShared || isOld(join(folder, name))) remove(join(folder, name));
      } else if (/^\d+(\.paused(\.\d+)*)?$/.test(name)) this.#numbers.add(Number.parseInt(name, 10));
    }
  }

  /** The trial's folder, made if it is missing. */
  open(number: number): string {
    const path = this.#path(number);
    makeOwnFolder(path);
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

  /** Keeps what a trial left at the end of a part, after `step` steps, in place of what it had left before the last one. */
  async snapshot(number: number, step: number): Promise<void> {
    const earlier = this.#snapshots(number);
    const next = 1 + Math.max(-1, ...earlier.map(({ turn }) => turn));
    await this.#copy(this.#path(number), `${this.#path(number)}${SNAPSHOT}.${next}.${step}`);
    for (const { path } of earlier.slice(0, -1)) removeWhole(path);
  }

  /** Begins a trial with what another one had left at the end of its part after `step` steps. False: there is nothing. */
  async inherit(number: number, parent: number, step: number): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const snapshots = this.#snapshots(parent);
      const source = (snapshots.findLast((one) => one.step <= step) ?? snapshots.at(-1))?.path;
      if (source === undefined || isEmptyFolder(source)) return false;
      this.#numbers.add(number);
      try {
        await this.#copy(source, this.#path(number));
        return true;
      } catch (error) {
        // Its owner has paused again meanwhile: there is a newer one.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MOST_TRIES) throw error;
      }
    }
  }

  /** Deletes what trials that have ended leave, unless it is to be kept. */
  sweep(history: History): void {
    for (const number of this.#numbers) {
      const state = number < history.length ? history.state(number) : TrialState.fail;
      if (!isFinished(state)) continue;
      for (const { path } of this.#snapshots(number)) removeWhole(path);
      const isKept = this.#kept === 'all' || (this.#kept === 'complete' && state === TrialState.complete);
      if (!isKept || this.isEmpty(number)) remove(this.#path(number));
      this.#numbers.delete(number);
    }
  }

  #copy(from: string, to: string): Promise<void> {
    const copied = this.#copying.then(async () => {
      const unfinished = temporary(to);
      // Costs no room where the file system can share blocks.
      await cp(from, unfinished, { recursive: true, mode: constants.COPYFILE_FICLONE });
      removeWhole(to);
      renameSync(unfinished, to);
    });
    this.#copying = copied.catch(() => undefined);
    return copied;
  }

  /** Oldest first. */
  #snapshots(number: number): { readonly turn: number; readonly step: number; readonly path: string }[] {
    const start = `${number}${SNAPSHOT}`;
    return readdirSync(this.#folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => name === start || (name.startsWith(`${start}.`) && !name.endsWith(UNFINISHED)))
      .map((name) => {
        const [turn, step] = name
          .slice(start.length + 1)
          .split('.')
          .map(Number);
        return { turn: turn ?? 0, step: step ?? 0, path: join(this.#folder, name) };
      })
      .sort((a, b) => a.turn - b.turn);
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

function isOld(path: string): boolean {
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return changed !== undefined && Date.now() - changed > LONGEST_COPY_MS;
}

function temporary(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString('hex')}${UNFINISHED}`;
}

/** Renamed at once: a reader that copies it finds it gone, not half there. */
function removeWhole(path: string): void {
  const aside = temporary(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  remove(aside);
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
