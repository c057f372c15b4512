import { failureOf } from '../session/runHost.ts';
import { Attempt } from './attempt.ts';
import type { Workforce } from './workforce.ts';

export interface DismissalOptions {
  readonly workforce: Workforce;
  /** Whether those at work are ended too; otherwise only those that wait, which have nothing to come for. */
  readonly isNow: () => boolean;
  /** Whether running trials are waited for, however long they take. */
  readonly isPatient: () => boolean;
  /** Tells workers by way of the storage what they are to do. */
  readonly order: () => Promise<void>;
  /** Reads what they have done. */
  readonly read: () => Promise<void>;
  readonly sleep: (mostMs: number) => Promise<void>;
  readonly say: (sentence: string) => void;
  /** Time between two looks at the cluster, in milliseconds. */
  readonly lookMs: number;
  /** How long workers that were told to end may take, in milliseconds. */
  readonly endingMs: number;
}

/** How long the end of a study waits for one answer before it goes on with the rest, in milliseconds. */
const MOST_WAIT_MS = 15_000;
/** The same of the engine when it is to end them: they may do so by themselves meanwhile. */
const CANCEL_WAIT_MS = 3000;

/**
 * Ends the workers of a run: by an order in the storage, which each of them reads, and by the engine. Whatever fails or hangs
 * (the cluster is away, the storage, one command of many) is tried again for `endingMs`, and never thrown: a study whose
 * workers could not be reached has ended all the same, and says so.
 */
export class Dismissal {
  readonly #options: DismissalOptions;
  readonly #order: Attempt;
  readonly #read: Attempt;
  readonly #look: Attempt;
  readonly #find: Attempt;
  readonly #cancel: Attempt;
  /** Those that the engine was told to end, and has heard it. */
  readonly #heard = new Set<string>();
  #trouble: string | undefined;
  #until = 0;

  constructor(options: DismissalOptions) {
    this.#options = options;
    const { workforce, order, read } = options;
    this.#order = new Attempt(order, (error) => this.#note(error));
    this.#read = new Attempt(read, (error) => this.#note(error));
    // How a worker ended that was sent away is no reason to fail.
    this.#look = new Attempt(() => workforce.look());
    this.#find = new Attempt(
      () => workforce.findUnheard(),
      (error) => this.#note(error),
    );
    this.#cancel = new Attempt(
      () => this.#cancelOnce(),
      (error) => this.#note(error),
    );
  }

  /** Resolves when they have ended, or nothing more can be done about it. */
  async run(): Promise<void> {
    const { workforce, lookMs, sleep, isPatient } = this.#options;
    this.#wait();
    for (;;) {
      const isNow = this.#options.isNow();
      // First of all: a worker that is ended asks whether its trial is to be run again.
      const isOrdered = await this.#order.try(this.#most);
      await this.#find.try(this.#most);
      const isAsked = this.#toCancel().length === 0 || (await this.#cancel.try(Math.min(CANCEL_WAIT_MS, this.#most)));
      if (workforce.atWork.length === 0) return;
      if (performance.now() > this.#until) return this.#giveUp(isOrdered);
      await sleep(Math.min(isAsked ? Math.min(lookMs, 500) : 2 * lookMs, this.#most));
      await this.#read.try(this.#most);
      await this.#look.try(this.#most);
      if (isPatient() || isNow !== this.#options.isNow()) this.#wait();
    }
  }

  #wait(): void {
    this.#until = performance.now() + this.#options.endingMs;
  }

  /** No answer is waited for past the end of it all. */
  get #most(): number {
    return Math.max(1, Math.min(MOST_WAIT_MS, this.#until - performance.now()));
  }

  #toCancel() {
    const { workforce, isNow } = this.#options;
    return (isNow() ? workforce.atWork : workforce.queued).filter(({ id }) => !this.#heard.has(id));
  }

  async #cancelOnce(): Promise<void> {
    const workers = this.#toCancel();
    await this.#options.workforce.cancel(workers);
    for (const { id } of workers) this.#heard.add(id);
  }

  /** Those that did not leave by themselves are ended, if that is still possible; the rest is for a person to know. */
  async #giveUp(isOrdered: boolean): Promise<void> {
    const { workforce, say, isNow, endingMs } = this.#options;
    const workers = workforce.atWork;
    const isEnded = await new Attempt(
      () => workforce.cancel(workers),
      (error) => this.#note(error),
    ).try(Math.min(MOST_WAIT_MS, endingMs));
    if (isEnded && !isNow()) return;
    const names = workers.map(({ id }) => id).join(', ');
    const then = isOrdered
      ? 'They end by themselves as soon as they read in the storage that the study has ended.'
      : 'Look on the cluster whether they have ended.';
    say(`Nothing is known of the end of these workers: ${names}. ${then}`);
  }

  /** Each trouble is said once. */
  #note(error: unknown): void {
    const { message = '' } = failureOf(error);
    if (message !== this.#trouble) this.#options.say(message);
    this.#trouble = message;
  }
}
