import { DatetimeParser, formatNaive, formatUtc } from '../datetimes.ts';

/** Time zones differ by whole quarters of an hour, and the widest by 14 hours, in milliseconds. */
export const QUARTER_MS = 900_000;
const WIDEST_MS = 14 * 3_600_000;

/** At the end of a time. */
const OFFSET = /(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Times as a storage proxy gives and takes them. Since 5.1 Optuna writes them with their offset from UTC. Older ones are local
 * times of the server's machine without a zone: they are taken for local ones of this machine until the server has been seen
 * to write one just now.
 */
export class ServerClock {
  readonly #local = new DatetimeParser('local');
  readonly #utc = new DatetimeParser('utc');
  /** What is known: the server writes offsets, is ahead of UTC by so many milliseconds, or has the zone of this machine. */
  #zone: 'offsets' | number | 'local' | undefined;
  #refusesOffsets = false;

  get isKnown(): boolean {
    return this.#zone !== undefined;
  }

  /** Epoch milliseconds; NaN for none. */
  read(text: string): number {
    if (text === '') return Number.NaN;
    if (OFFSET.test(text)) this.#zone = 'offsets';
    return typeof this.#zone === 'number' ? this.#utc.parse(text) - this.#zone : this.#local.parse(text);
  }

  /** Empty for none. A server of which nothing is known is asked to take an offset, see `refuseOffsets`. */
  write(millis: number): string {
    if (Number.isNaN(millis)) return '';
    if (this.#zone === 'offsets' || (this.#zone === undefined && !this.#refusesOffsets)) return formatUtc(millis);
    return typeof this.#zone === 'number' ? formatNaive(millis + this.#zone, 'utc') : formatNaive(millis, 'local');
  }

  /** The server, one of an Optuna before 5.1, did not take a time with an offset. */
  refuseOffsets(): void {
    this.#refusesOffsets = true;
    if (this.#zone === 'offsets') this.#zone = undefined;
  }

  /**
   * Takes in a time that the server wrote a moment before `now`. Returns by how many milliseconds all that was read before
   * has to be moved.
   */
  learn(text: string, now = Date.now()): number {
    const isFirst = this.#zone === undefined;
    const before = this.read(text);
    if (this.#zone === 'offsets') return 0;
    const ahead = Math.round((this.#utc.parse(text) - now) / QUARTER_MS) * QUARTER_MS;
    if (!(Math.abs(ahead) <= WIDEST_MS)) return 0;
    this.#zone = ahead === -60_000 * new Date(now).getTimezoneOffset() ? 'local' : ahead;
    return isFirst ? this.read(text) - before : 0;
  }
}
