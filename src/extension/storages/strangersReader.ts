import { setTimeout as delay } from 'node:timers/promises';
import { Mutex } from '../../storage/eventLoop.ts';
import type { OpenOptions } from '../../storage/openTrialLog.ts';
import type { ReadLog } from './digest.ts';
import { LogWorker, ThreadLog } from './threadLog.ts';

/** Heap of the thread in MB. */
const HEAP_MB = 48;
/** The thread ends when it has had nothing to read for so long, in milliseconds. */
const IDLE_MS = 2000;
/** A thread that has taken so many bytes ends at once: V8 gives a heap back only with its thread. */
const LARGE_HEAP = 24 << 20;
/** What the digests of a window may take together, in bytes. */
const DIGEST_BYTES = 16 << 20;

/** Reads files that only a stranger's run record names: one after the other, in one thread with little memory. */
export class StrangersReader {
  readonly #thread: string | URL;
  readonly #turn = new Mutex();
  /** By location, in bytes. */
  readonly #digests = new Map<string, number>();
  #worker: LogWorker | undefined;
  /** The end of the thread before. */
  #ended: Promise<void> | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** `thread`: the program of the thread. */
  constructor(thread: string | URL) {
    this.#thread = thread;
  }

  /**
   * Reads the studies of these names, and the newest, of a log; `mayBeDigest`: digests of them will do. Throws as
   * `ThreadLog.open`; and `too-large` when there are more trials than digests may take together.
   */
  read(location: string, options: OpenOptions, names: readonly string[], mayBeDigest: boolean): Promise<ReadLog> {
    return this.#turn.run(async () => {
      clearTimeout(this.#idle);
      this.#digests.delete(location);
      const digest = mayBeDigest ? { mostBytes: DIGEST_BYTES - this.#used } : undefined;
      const worker = await this.#running();
      const log = new ThreadLog(worker, { location, options, digest, strange: { names } });
      try {
        await log.refresh();
        const { kind, warnings, digestBytes } = log;
        const studies = log.studies();
        if (digestBytes !== undefined) this.#digests.set(location, digestBytes);
        return {
          kind,
          location: log.location,
          warnings,
          isDigest: digestBytes !== undefined,
          names,
          studies: () => studies,
          refresh: async () => false,
          close: async () => void this.#digests.delete(location),
        };
      } finally {
        if (log.heapBytes > LARGE_HEAP) this.dispose();
        else this.#idle = setTimeout(() => this.dispose(), IDLE_MS);
        this.#idle?.unref();
      }
    });
  }

  /** Ends the thread; the next read starts another one. */
  dispose(): void {
    clearTimeout(this.#idle);
    if (this.#worker) this.#ended = this.#worker.close();
    this.#worker = undefined;
  }

  /** The thread: a new one when that before has given its heap back, or is caught in a database and does not end. */
  async #running(): Promise<LogWorker> {
    if (this.#worker?.isGone) this.dispose();
    if (!this.#worker) await Promise.race([this.#ended, delay(IDLE_MS, undefined, { ref: false })]);
    this.#worker ??= new LogWorker(this.#thread, HEAP_MB);
    return this.#worker;
  }

  get #used(): number {
    let bytes = 0;
    for (const size of this.#digests.values()) bytes += size;
    return bytes;
  }
}
