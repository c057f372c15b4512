import { setImmediate as nextTurn } from 'node:timers/promises';

interface Waiter {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that stands still while anybody works, and jumps to the next thing that somebody waits for. In milliseconds. */
export class VirtualTime {
  #now = 0;
  readonly #waiting: Waiter[] = [];
  #order = 0;

  get now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#insert({ at: this.#now + Math.max(0, ms), order: this.#order++, wake }));
  }

  /** Lets time pass until `isOver`, or until nobody waits for anything. */
  async run(isOver: () => boolean): Promise<void> {
    for (;;) {
      // What was woken works as long as it can without waiting.
      await nextTurn();
      const next = isOver() ? undefined : this.#take();
      if (!next) return;
      this.#now = next.at;
      next.wake();
    }
  }

  /** A binary heap: first by time, then by who came first. */
  #insert(entry: Waiter): void {
    const heap = this.#waiting;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent] as Waiter, entry)) break;
      heap[place] = heap[parent] as Waiter;
      place = parent;
    }
    heap[place] = entry;
  }

  #take(): Waiter | undefined {
    const heap = this.#waiting;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Waiter, heap[child] as Waiter)) child++;
      if (isBefore(last, heap[child] as Waiter)) break;
      heap[place] = heap[child] as Waiter;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(one: Waiter, other: Waiter): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
