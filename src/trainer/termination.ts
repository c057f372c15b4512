import { TuneboardError } from '../core/errors.ts';

/** Thrown by a training that a signal or `stop` has ended before its time. */
export class TrainingInterrupted extends TuneboardError {
  constructor(checkpoint: string | null) {
    const kept = checkpoint === null ? 'nothing was saved' : `resume it from ${checkpoint}`;
    super('interrupted', `Training was stopped by SIGTERM; ${kept}.`);
  }
}

/** Lets signals and timers have their turn, which a loop that never waits for them would keep off. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Notes SIGTERM while training runs, so that the update that runs can end and be saved. */
export class Termination {
  #isAsked = false;
  readonly #listener = () => {
    this.#isAsked = true;
  };

  get isAsked(): boolean {
    return this.#isAsked;
  }

  listen(): void {
    process.on('SIGTERM', this.#listener);
  }

  /** Ends listening. After a signal the process ends by it as it would have, unless somebody else handles it. */
  close({ passOn }: { readonly passOn: boolean }): void {
    process.off('SIGTERM', this.#listener);
    if (!passOn || !this.#isAsked) return;
    this.#isAsked = false;
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  }
}
