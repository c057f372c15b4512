/**
 * Waiting for a storage that is away, for all storages alike, and the token by which a write whose acknowledgement was lost
 * is found again: look for the token; where it is not there, write again.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { storageMessage } from '../words/en/storage.ts';
import type { Message } from '../words/message.ts';
import type { StorageError } from './storageError.ts';

/** System attribute of a trial: a random id of the request that made or claimed it. Readers leave it out of the history. */
export const TOKEN = 'tuneboard:token';

/** A new one, 64 random bits, as a system attribute. */
export function newToken(): Readonly<Record<string, string>> {
  return { [TOKEN]: randomBytes(8).toString('hex') };
}

/** Called with one sentence when a storage is away and waited for, and when it is there again. */
export type OnWaiting = (sentence: Message, isOver: boolean) => void;

/**
 * What may be done about an error: `retry`, do the same again at once, as another writer was faster; `reconnect`, wait until
 * the storage is there again; `none`, give up.
 */
export type Remedy = 'retry' | 'reconnect' | 'none';

/** How long a writer waits for a storage that is away, in milliseconds: a restart or a failover takes seconds to minutes. */
export const WRITER_PATIENCE_MS = 180_000;
/** And a reader, as a connection that broke while it was idle is noticed by the next question only. */
export const READER_PATIENCE_MS = 500;

/** An absence shorter than this is not reported, in milliseconds. */
const QUIET_MS = 1000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 3000;
/** The longest pause before doing the same at once again, in milliseconds. */
const AT_ONCE_MS = 20;

export interface RetryOptions {
  /** The storage, as sentences name it. */
  readonly place: { toString(): string };
  /** `failures` counts from 1. */
  remedyFor(error: unknown, failures: number): Remedy | Promise<Remedy>;
  /** The error as one sentence. */
  meaningOf(error: unknown): StorageError;
  readonly patienceMs: number;
  /** Less patience with some errors, in milliseconds. Default: `patienceMs` for all. */
  readonly limitFor?: (error: unknown) => number;
  readonly onWaiting?: OnWaiting | undefined;
}

/** Tries again what failed because the storage is away or locked, with growing random pauses. */
export class Retry {
  readonly #options: RetryOptions;
  #isReported = false;
  /** How long it goes on, in milliseconds; 0 gives up at once. */
  patienceMs: number;

  constructor(options: RetryOptions) {
    this.#options = options;
    this.patienceMs = options.patienceMs;
  }

  /**
   * `isAgain`: an earlier attempt may have been done, or not. Throws what the last error means. Calls may overlap; a waiting
   * storage is reported once.
   */
  async run<T>(attempt: (isAgain: boolean) => Promise<T>): Promise<T> {
    const { remedyFor, meaningOf, limitFor, place } = this.#options;
    const began = performance.now();
    let failures = 0;
    for (let pause = FIRST_PAUSE_MS; ; ) {
      try {
        const result = await attempt(failures > 0);
        if (this.#isReported) this.#report(storageMessage('thereAgain', { place: String(place) }), true);
        return result;
      } catch (error) {
        failures++;
        const lasted = performance.now() - began;
        const patience = Math.min(limitFor?.(error) ?? this.patienceMs, this.patienceMs);
        const remedy = lasted > patience ? 'none' : await remedyFor(error, failures);
        if (remedy === 'none' || patience === 0) throw meaningOf(error);
        if (remedy === 'reconnect' && lasted > QUIET_MS && !this.#isReported) {
          const seconds = Math.ceil(patience / 1000);
          this.#report(storageMessage('waitedFor', { reason: meaningOf(error).words, seconds }), false);
        }
        await sleep(remedy === 'retry' ? AT_ONCE_MS * Math.random() : pause * (1 + Math.random()));
        if (remedy === 'reconnect') pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
    }
  }

  /** Another one of several servers has taken over. */
  moved(to: string): void {
    this.#report(storageMessage('moved', { place: String(this.#options.place), to }), true);
  }

  /** The storage goes on with less than it had. */
  lost(message: Message): void {
    this.#options.onWaiting?.(message, true);
  }

  #report(sentence: Message, isOver: boolean): void {
    this.#isReported = !isOver;
    this.#options.onWaiting?.(sentence, isOver);
  }
}
