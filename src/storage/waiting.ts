/** Told, in one sentence, which server is away and waited for, and then that it is there again. */
export type OnWaiting = (sentence: string, isOver: boolean) => void;

/** A connection that is made anew within this time is nobody's business, in milliseconds. */
export const QUIET_MS = 1000;

/** Written out only where it is told of. */
type Url = { toString(): string };

/** Tells once that a server is away, however many wait for it, and once that it is there again. */
export class Waiting {
  #isTold = false;
  readonly #onWaiting: OnWaiting | undefined;

  constructor(onWaiting?: OnWaiting) {
    this.#onWaiting = onWaiting;
  }

  /** `reason` is a sentence. */
  begin(reason: string, patienceMs: number): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#onWaiting?.(`${reason} It is waited for, ${Math.ceil(patienceMs / 1000)} s at most.`, false);
  }

  /** Another one of several servers has taken over. */
  moved(url: Url, place: string): void {
    this.#isTold = false;
    this.#onWaiting?.(`${url} has another server now, ${place}: the study goes on there.`, true);
  }

  /** It goes on with less than it had: one sentence. */
  lost(sentence: string): void {
    this.#onWaiting?.(sentence, true);
  }

  end(url: Url): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#onWaiting?.(`${url} is there again: the study goes on.`, true);
  }
}
