import { DatetimeParser, formatNaive } from '../datetimes.ts';

/** Time zones differ by whole quarters of an hour, and the widest by 14 hours, in milliseconds. */
export const QUARTER_MS = 900_000;
const WIDEST_MS = 14 * 3_600_000;

/**
 * Times without a zone, as a storage proxy gives them: local ones of the server's machine. They are taken for local ones of
 * this machine until the server has been seen to write one just now.
 */
export class ServerClock {
  readonly #local = new DatetimeParser('local');
  readonly #utc = new DatetimeParser('utc');
  /** What is known: the server is ahead of UTC by so many milliseconds, or has the zone of this machine. */
  #zone: number | 'local' | undefined;

  get isKnown(): boolean {
    return this.#zone !== undefined;
  }

  /** Epoch milliseconds; NaN for none. */
  read(text: string): number {
    if (text === '') return Number.NaN;
    return typeof this.#zone === 'number' ? this.#utc.parse(text) - this.#zone : this.#local.parse(text);
  }

  /** Empty for none. */
  write(millis: number): string {
    if (Number.isNaN(millis)) return '';
    return typeof this.#zone === 'number' ? formatNaive(millis + this.#zone, 'utc') : formatNaive(millis, 'local');
  }

  /**
   * Takes in a time that the server wrote a moment before `now`. Returns by how many milliseconds all that was read before
   * has to be moved.
   */
  learn(text: string, now = Date.now()): number {
    const ahead = Math.round((this.#utc.parse(text) - now) / QUARTER_MS) * QUARTER_MS;
    if (!(Math.abs(ahead) <= WIDEST_MS)) return 0;
    const isFirst = this.#zone === undefined;
    const before = this.read(text);
    this.#zone = ahead === -60_000 * new Date(now).getTimezoneOffset() ? 'local' : ahead;
    return isFirst ? this.read(text) - before : 0;
  }
}
