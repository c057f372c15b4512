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

/** Waits for all. Where several fail, the first one says why: what follows it in a transaction fails too. */
export async function inTurn<T extends readonly unknown[]>(
  ...asked: { readonly [K in keyof T]: Promise<T[K]> | undefined }
): Promise<T> {
  await Promise.allSettled(asked);
  return (await Promise.all(asked)) as unknown as T;
}
