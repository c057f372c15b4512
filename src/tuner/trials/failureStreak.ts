/** A run whose first this many trials all fail for the same cause will not do better. */
const SAME_FAILURES = 5;

interface Failure {
  readonly code: string;
  readonly reason: string;
  readonly isFatal: boolean;
}

/** Notices a run that can only waste its budget. */
export class FailureStreak {
  #cause: string | undefined;
  #count = 0;
  #isOver = false;

  /** Takes a trial's end (undefined: it did not fail) and answers why the run should stop, if it should. */
  add(failure: Failure | undefined): string | undefined {
    if (failure?.isFatal) return failure.reason;
    if (this.#isOver) return undefined;
    if (!failure) {
      this.#isOver = true;
      return undefined;
    }
    // Numbers differ from trial to trial (line numbers do not, but values, times and addresses do).
    const cause = `${failure.code} ${failure.reason.replace(/0x[0-9a-f]+|[-+.\d]+(e[-+]?\d+)?/gi, '#')}`;
    if (this.#cause !== undefined && this.#cause !== cause) this.#isOver = true;
    this.#cause = cause;
    this.#count++;
    if (this.#isOver || this.#count < SAME_FAILURES) return undefined;
    return `The first ${SAME_FAILURES} trials all failed the same way, so the study was stopped. ${failure.reason}`;
  }
}
