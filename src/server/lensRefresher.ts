/**
 * How long an unanswered refresh is waited for, in milliseconds; each further time twice as long. VS Code forgets a refresh
 * when the editor loses the focus just then, and on a slow machine it answers only seconds later.
 */
const FIRST_WAIT_MS = 1500;
const LONGEST_WAIT_MS = 12_000;
/** After the last change there is one more refresh: of two editors one may have answered and the other forgotten. */
const QUIET_MS = 1500;

/**
 * Has lenses asked for again when the studies change. VS Code begins its waiting anew with every refresh, so that a busy
 * study's lens would stand still or never come: while a refresh is not answered there is no other one, and its answer has
 * what is newest then.
 */
export class LensRefresher {
  readonly #send: () => void;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  /** Whether something has changed since the refresh that is waited for. */
  #isStale = false;

  /** `send` asks the client to ask for lenses. */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** What the lenses show has changed. */
  changed(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => !this.#waiting && this.#send(), QUIET_MS);
    this.#quiet.unref();
    if (this.#waiting) this.#isStale = true;
    else this.#ask(FIRST_WAIT_MS);
  }

  /** The client has asked for lenses. */
  answered(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  #ask(waitMs: number): void {
    this.#isStale = false;
    this.#send();
    this.#waiting = setTimeout(() => this.#unanswered(waitMs), waitMs);
    this.#waiting.unref();
  }

  /** Where no editor shows lenses nobody ever asks: in the end it is left at that, until there is a change. */
  #unanswered(waitedMs: number): void {
    this.#waiting = undefined;
    if (waitedMs * 2 <= LONGEST_WAIT_MS) this.#ask(waitedMs * 2);
    else if (this.#isStale) this.#ask(FIRST_WAIT_MS);
  }
}
