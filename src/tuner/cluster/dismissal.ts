import { wordsOf } from '../../core/errors.ts';
import type { LeftWorkers } from '../../protocol/workers.ts';
import type { Workforce } from './workforce.ts';

export interface DismissalOptions {
  readonly workforce: Workforce;
  /** Whether those at work are ended too; otherwise only those that wait, which have nothing to come for. */
  readonly isNow: () => boolean;
  /** Whether running trials are waited for, however long they take. */
  readonly isPatient: () => boolean;
  /** Whether a person waits for the end: an engine out of reach is not waited for then. */
  readonly isHurried: () => boolean;
  /** Writes the orders for the workers into the storage. */
  readonly order: () => Promise<void>;
  /** Reads what they have done. */
  readonly read: () => Promise<void>;
  readonly sleep: (mostMs: number) => Promise<void>;
  readonly say: (sentence: string) => void;
  /** Time between two looks at the cluster, in milliseconds. */
  readonly lookMs: number;
  /** How long workers may take to end after the order, in milliseconds; a minute by default. */
  readonly endingMs: number | undefined;
  /** How long an engine may not be heard from when a person waits, in milliseconds; 5 s by default. */
  readonly awayMs: number | undefined;
}

export interface DismissalEnd {
  /** Whether the storage has the order to end. */
  readonly isOrdered: boolean;
  /** Those of whose end nothing is known. */
  readonly left?: LeftWorkers;
}

const ENDING_MS = 60_000;
const MOST_AWAY_MS = 5000;
/** How long the end of a study waits for one answer before it goes on with the rest, in milliseconds. */
const MOST_WAIT_MS = 15_000;
/** The same of the engine when it is to end them, and of the storage: they may end by themselves meanwhile. */
const SHORT_WAIT_MS = 3000;
/** How long a person waits for what the engine was asked for and has neither taken nor refused, in milliseconds. */
const ASKING_MS = 15_000;

/**
 * Ends the workers of a run: by an order in the storage, which each of them reads, and by the engine. Whatever fails or hangs
 * (the cluster is away, the storage, one command of many) is tried again for `endingMs`, and never thrown: a study whose
 * workers could not be reached has ended all the same, and tells which. While a person waits, an engine that is not heard
 * from for `awayMs` is not waited for.
 */
export class Dismissal {
  readonly #options: DismissalOptions;
  readonly #endingMs: number;
  readonly #order: Attempt;
  readonly #read: Attempt;
  readonly #look: Attempt;
  readonly #find: Attempt;
  readonly #cancel: Attempt;
  /** Workers whose end the engine has accepted. */
  readonly #cancelled = new Set<string>();
  #trouble: string | undefined;
  #until = 0;
  #isOver = false;
  #since = 0;

  constructor(options: DismissalOptions) {
    this.#options = options;
    const { workforce, order, read, endingMs = ENDING_MS } = options;
    this.#endingMs = endingMs;
    const say = (error: unknown) => this.#note(error);
    this.#order = new Attempt(order, say);
    this.#read = new Attempt(read, say);
    // How a worker ended that was sent away is no reason to fail.
    this.#look = new Attempt(() => workforce.look());
    this.#find = new Attempt(() => workforce.findUnheard(), say);
    this.#cancel = new Attempt(() => this.#cancelOnce(), say);
  }

  /** Resolves when they have ended, or nothing more can be done about it. */
  async run(): Promise<DismissalEnd> {
    try {
      return await this.#run();
    } finally {
      this.#isOver = true;
    }
  }

  async #run(): Promise<DismissalEnd> {
    const { workforce, lookMs, sleep, isPatient, isNow } = this.#options;
    workforce.stopAsking();
    this.#wait();
    for (;;) {
      const wasNow = isNow();
      // First of all: a worker that is ended asks whether its trial is to be run again.
      const isOrdered = await this.#order.try(Math.min(SHORT_WAIT_MS, this.#most));
      await this.#find.try(Math.min(SHORT_WAIT_MS, this.#most));
      const isAsked = this.#toCancel().length === 0 || (await this.#cancel.try(Math.min(SHORT_WAIT_MS, this.#most)));
      if (this.#isNobodyLeft) return { isOrdered };
      if (performance.now() > this.#end) return this.#giveUp(isOrdered);
      await sleep(Math.min(isAsked ? Math.min(lookMs, 500) : 2 * lookMs, this.#most));
      await this.#read.try(Math.min(SHORT_WAIT_MS, this.#most));
      await this.#look.try(this.#most);
      if (isPatient() || wasNow !== isNow()) this.#wait();
    }
  }

  get #isNobodyLeft(): boolean {
    const { workforce } = this.#options;
    return workforce.atWork.length === 0 && !workforce.isAsking;
  }

  #wait(): void {
    this.#until = performance.now() + this.#endingMs;
    this.#since = performance.now();
  }

  get #end(): number {
    const { isHurried, isPatient, workforce, awayMs = MOST_AWAY_MS } = this.#options;
    if (!isHurried() || isPatient()) return this.#until;
    const awayAt = Math.max(this.#since, workforce.heardAt) + awayMs;
    const comesAt = workforce.atWork.length > 0 ? this.#until : this.#since + ASKING_MS;
    return Math.min(this.#until, awayAt, comesAt);
  }

  /** No answer is waited for past the end of it all. */
  get #most(): number {
    return Math.max(1, Math.min(MOST_WAIT_MS, this.#end - performance.now()));
  }

  #toCancel() {
    const { workforce, isNow } = this.#options;
    return (isNow() ? workforce.atWork : workforce.queued).filter(({ id }) => !this.#cancelled.has(id));
  }

  async #cancelOnce(): Promise<void> {
    const workers = this.#toCancel();
    await this.#options.workforce.cancel(workers);
    for (const { id } of workers) this.#cancelled.add(id);
  }

  /** Those that did not leave by themselves are ended, if that is still possible; the rest is for others to end. */
  async #giveUp(isOrdered: boolean): Promise<DismissalEnd> {
    const { workforce, isNow } = this.#options;
    const isAway = performance.now() < this.#until;
    if (!isAway && !isNow()) {
      const cancel = new Attempt(
        () => workforce.cancel(workforce.atWork),
        (error) => this.#note(error),
      );
      if (await cancel.try(Math.min(MOST_WAIT_MS, this.#endingMs))) return { isOrdered };
    }
    // A late answer may have told of their end meanwhile.
    if (this.#isNobodyLeft) return { isOrdered };
    return { isOrdered, left: workforce.left() };
  }

  /** Reports each trouble once; what is broken off at the end is none. */
  #note(error: unknown): void {
    const message = wordsOf(error).text;
    if (message !== this.#trouble && !this.#isOver) this.#options.say(message);
    this.#trouble = message;
  }
}

/** Something that may fail or hang: it is tried again as often as asked, never twice at a time. */
export class Attempt {
  readonly #act: () => Promise<unknown>;
  readonly #onError: (error: unknown) => void;
  #pending: Promise<boolean> | undefined;

  constructor(act: () => Promise<unknown>, onError: (error: unknown) => void = () => undefined) {
    this.#act = act;
    this.#onError = onError;
  }

  /** Whether it has succeeded within `mostMs`; what takes longer goes on, and the next call waits for that. Never throws. */
  async try(mostMs: number): Promise<boolean> {
    this.#pending ??= this.#once().finally(() => {
      this.#pending = undefined;
    });
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), mostMs);
    try {
      return await Promise.race([this.#pending, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #once(): Promise<boolean> {
    try {
      await this.#act();
      return true;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }
}
