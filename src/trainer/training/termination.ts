import { TuneboardError } from '../../core/errors.ts';

/** Signals that end a training in order. */
export type EndSignal = 'SIGTERM' | 'SIGINT';

/** Thrown by a training that a signal has ended before its time. */
export class TrainingInterrupted extends TuneboardError {
  constructor(signal: EndSignal, checkpoint: string | null) {
    const kept = checkpoint === null ? 'nothing was saved' : `resume it from ${checkpoint}`;
    super('interrupted', `Training was stopped by ${signal}; ${kept}.`);
  }
}

/** Lets signals and timers have their turn, which a loop that never waits for them would keep off. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Notes a signal while training runs, so that the update that runs can end and be saved. */
export class Termination {
  #asked: EndSignal | null = null;
  readonly #listener = (signal: NodeJS.Signals) => {
    // Who presses Ctrl-C again does not want to wait.
    if (signal === 'SIGINT' && this.#asked === 'SIGINT') this.#passOn('SIGINT');
    this.#asked = signal as EndSignal;
  };

  /** The signal that has asked for the end; null before. */
  get asked(): EndSignal | null {
    return this.#asked;
  }

  listen(signal: EndSignal): void {
    process.on(signal, this.#listener);
  }

  /** Ends one `listen`. After a signal the process ends by it as it would have, unless somebody else handles it. */
  close(signal: EndSignal, { passOn }: { readonly passOn: boolean }): void {
    process.off(signal, this.#listener);
    if (!passOn || this.#asked !== signal) return;
    this.#asked = null;
    this.#passOn(signal);
  }

  #passOn(signal: EndSignal): void {
    process.removeListener(signal, this.#listener);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }
}
