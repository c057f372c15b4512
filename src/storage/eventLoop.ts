import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long reading may hold the event loop, in milliseconds. */
const SLICE_MS = 15;

/** Lets long work give the event loop a turn every 15 ms. */
export class TimeSlice {
  #deadline = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() >= this.#deadline;
  }

  async yield(): Promise<void> {
    await nextTurn();
    this.#deadline = performance.now() + SLICE_MS;
  }
}

/** Runs asynchronous sections one after the other, in the order asked. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(section: () => Promise<T>): Promise<T> {
    const result = this.#last.then(section);
    this.#last = result.catch(() => {});
    return result;
  }
}
