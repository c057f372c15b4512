/** What is asked of a server in one turn of the event loop goes there together, and the next such group when that is answered. */
export class TurnQueue<T> {
  readonly #send: (group: readonly T[]) => Promise<void>;
  readonly #waiting: T[] = [];
  #isDue = false;
  #sent: Promise<void> = Promise.resolve();

  /** `send` must not throw: each request rejects by itself. */
  constructor(send: (group: readonly T[]) => Promise<void>) {
    this.#send = send;
  }

  /** Goes with what is sent next. */
  add(asked: T): void {
    this.#waiting.push(asked);
  }

  /** Sends all that was added, at the end of this turn. */
  send(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    process.nextTick(() => {
      this.#isDue = false;
      const group = this.#waiting.splice(0);
      this.#sent = this.#sent.then(() => this.#send(group));
    });
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    if (this.#isDue) await new Promise<void>((resolve) => process.nextTick(resolve));
    await this.#sent;
  }
}
