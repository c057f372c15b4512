import type { RunBudget } from '../../protocol/runRecord.ts';
import type { SessionHost } from '../run/sessionHost.ts';

/** A worker has no run record: it prints what it has to say, for the log of its job. */
export class WorkerHost implements SessionHost {
  readonly record: { readonly budget: RunBudget; readonly parallel: number };
  readonly #print: (line: string) => void;

  constructor(budget: RunBudget, parallel: number, print: (line: string) => void) {
    this.record = { budget, parallel };
    this.#print = print;
  }

  note(sentence: string): void {
    this.#print(timed(sentence));
  }

  update(): void {
    // Nobody reads it.
  }

  waitFor(): void {
    // It is printed already.
  }

  changed(): void {
    // Nobody listens.
  }
}

/** A line of a log. */
export function timed(sentence: string): string {
  return `${new Date().toISOString()} ${sentence}`;
}
