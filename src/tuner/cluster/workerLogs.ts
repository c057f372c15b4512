import { rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cutLine } from '../../core/text/lines.ts';
import { makeOwnFolder, writeOwnFile } from '../../runs/ownFiles.ts';
import { folderName, type RunFolder, trialOutputPath } from '../../runs/runFolder.ts';
import { echoedLine, NOTHING_LEFT } from '../worker/trialEcho.ts';
import type { Executor } from './executor.ts';

/** A log is asked for again after this, or after so many times as long as it took. In milliseconds. */
const LEAST_PAUSE_MS = 2000;
const PAUSES_A_READ = 20;
/** So much of one log is kept here; the engine has the rest. */
const MOST_KEPT_BYTES = 8 * 2 ** 20;
/** The sentence that a worker ends with when it could not go on. */
const LAST_WORDS = /^tuneboard: (.+)$/;
/** What Slurm writes into the log of a job that it ends for its memory: by its own count, or by that of the kernel. */
const MEMORY = /^slurmstepd[^:]*: error: .*(exceeded .*memory limit|oom[_-]kill)/i;

interface Followed {
  position: number;
  rest: string;
  dueAt: number;
  lastWords: string | undefined;
  hasDoneAll: boolean;
  isUnreachable: boolean;
}

/** How a worker ended by its own account. */
export interface WorkerEnd {
  /** The sentence that it ended with, if it did not go on for a reason. */
  readonly lastWords: string | undefined;
  /** Whether it found nothing more to do. */
  readonly hasDoneAll: boolean;
}

function lastWordsIn(line: string): string | undefined {
  if (MEMORY.test(line)) return 'it needed more memory than its job has: raise `mem` under `executor`.';
  return LAST_WORDS.exec(line)?.[1];
}

/** Brings the logs of workers into the run folder: what trials printed into their own files, the rest into the worker's. */
export class WorkerLogs {
  readonly #executor: Executor;
  readonly #folder: RunFolder;
  readonly #note: (sentence: string) => void;
  readonly #followed = new Map<string, Followed>();
  readonly #begun = new Set<string>();

  constructor(executor: Executor, folder: RunFolder, note: (sentence: string) => void) {
    this.#executor = executor;
    this.#folder = folder;
    this.#note = note;
  }

  /** Reads what is new in these logs, as far as it is time to. */
  async follow(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const one = this.#of(id);
      const began = performance.now();
      if (began < one.dueAt) continue;
      await this.#read(id, one);
      const took = performance.now() - began;
      one.dueAt = performance.now() + Math.max(LEAST_PAUSE_MS, PAUSES_A_READ * took);
    }
  }

  /** Reads the end of a worker's log. */
  async finish(id: string): Promise<WorkerEnd> {
    const one = this.#of(id);
    for (let before = -1; one.position !== before; ) {
      before = one.position;
      await this.#read(id, one);
    }
    if (one.rest !== '') this.#take(id, one, '\n');
    return one;
  }

  #of(id: string): Followed {
    let one = this.#followed.get(id);
    if (!one) {
      one = { position: 0, rest: '', dueAt: 0, lastWords: undefined, hasDoneAll: false, isUnreachable: false };
      this.#followed.set(id, one);
    }
    return one;
  }

  async #read(id: string, one: Followed): Promise<void> {
    try {
      const { text, next } = await this.#executor.readLog(id, one.position);
      one.position = next;
      one.isUnreachable = false;
      if (text !== '') this.#take(id, one, text);
    } catch (error) {
      if (!one.isUnreachable) this.#note(`The log of worker ${id} cannot be fetched now: ${(error as Error).message}`);
      one.isUnreachable = true;
    }
  }

  #take(id: string, one: Followed, text: string): void {
    const lines = `${one.rest}${text}`.split('\n');
    one.rest = cutLine(lines.pop() ?? '');
    const pieces = new Map<string, string[]>();
    for (const whole of lines) {
      const line = cutLine(whole);
      const { number, text: own } = echoedLine(line);
      if (line === NOTHING_LEFT) one.hasDoneAll = true;
      const lastWords = number === null ? lastWordsIn(line) : undefined;
      if (lastWords !== undefined) one.lastWords = lastWords;
      // On a disk that the cluster shares both are there already.
      if (!this.#executor.isApart) continue;
      const path =
        number === null ? join(this.#folder.workers, `${folderName(id)}.log`) : trialOutputPath(this.#folder, number);
      const piece = pieces.get(path);
      if (piece) piece.push(own);
      else pieces.set(path, [own]);
    }
    for (const [path, piece] of pieces) this.#append(path, `${piece.join('\n')}\n`);
  }

  /** A log that was begun by an earlier tuner of this run is read from its start again. */
  #append(path: string, text: string): void {
    try {
      makeOwnFolder(dirname(path));
      if (!this.#begun.has(path)) rmSync(path, { force: true });
      this.#begun.add(path);
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < MOST_KEPT_BYTES) writeOwnFile(path, text, 'append');
    } catch {
      // A full disk: the log is not worth a study.
    }
  }
}
