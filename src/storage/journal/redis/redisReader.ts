import { isAscii } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { storageMessage } from '../../../words/en/storage.ts';
import { TimeSlice } from '../../eventLoop.ts';
import { StorageError } from '../../storageError.ts';
import { JournalState } from '../journalState.ts';
import { PlanDependence } from '../planDependence.ts';
import type { RedisConnection } from './redisConnection.ts';

/** Lines that are asked for together. */
const PAGE_LINES = 1000;
const LINES_PER_CLOCK_CHECK = 512;
/**
 * How long a line that has a number is waited for, in milliseconds: with `use_cluster=True` Optuna counts first and writes
 * then. (Optuna itself waits for ever.)
 */
const GAP_MS = 10_000;
const GAP_LOOK_MS = 100;
const NOTHING = Buffer.alloc(0);
/** Of so many lines at least a writer can put the last ones back. */
const KEPT_LINES = 4000;
/** Is in every line: while lines are put back no other may come in between. */
const IN_EVERY_LINE = 'op_code';

type Line = Buffer | null;

/**
 * Reads the log of Optuna's JournalRedisBackend: `<prefix>:log_number` is the number of its last line, from 0, and
 * `<prefix>:log:<number>` a line. Only what is new, in pages; from the beginning where what was read is not there any more.
 * The snapshot, which is a pickle, is left alone.
 */
export class RedisReader {
  readonly state: JournalState;
  readonly #connection: RedisConnection;
  readonly #putsBack: boolean;
  /** The last lines that were read, of who puts them back. */
  #kept: Buffer[] = [];
  #hasLost = false;
  #count = 0;
  #last: Buffer = NOTHING;
  /** A line that is looked for among the new ones. */
  #sought: Buffer | undefined;
  /** A line that is missing, and since when. */
  #gap: { readonly number: number; readonly since: number } | undefined;

  /** @param putsBack Whether the end of a log that its server lost may be written again. */
  constructor(connection: RedisConnection, putsBack = false) {
    this.#connection = connection;
    this.#putsBack = putsBack;
    this.state = new JournalState(connection.url.location);
  }

  /** Whether lines that had been read were not there any more. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** How many lines were read. */
  get count(): number {
    return this.#count;
  }

  /** The last line that was read; empty before the first. */
  get last(): Buffer {
    return this.#last;
  }

  /** Reads to the end of the log. Returns whether anything changed. Calls must not overlap. */
  async sync(): Promise<boolean> {
    const before = this.#count;
    let { total, last } = await this.#look(this.#count);
    let isGone = this.#count > total || (this.#count > 0 && !last?.equals(this.#last));
    if (isGone && this.#putsBack && (await this.#putBack())) {
      isGone = false;
      ({ total, last } = await this.#look(this.#count));
    }
    if (isGone) this.#restart();
    await this.#readTo(total);
    return isGone || this.#count > before;
  }

  /** Looks for a line from now on, until it is read. */
  seek(line: string): void {
    this.#sought = Buffer.from(line, 'latin1');
  }

  /** Whether the line that was looked for has been read. */
  get hasFound(): boolean {
    return this.#sought === undefined;
  }

  /** Applies lines that this process has just appended behind others, without reading them back. */
  async applyOwn(between: readonly Line[], lines: readonly string[]): Promise<void> {
    await this.apply(between);
    for (const line of lines) {
      this.state.applyLine(line, 0, line.length);
      this.#last = Buffer.from(line, 'latin1');
      this.#keep(this.#last);
      this.#count++;
    }
  }

  /** How many lines there are, and the last one of the first `count`. */
  async #look(count: number): Promise<{ readonly total: number; readonly last: Line | undefined }> {
    const keys = [this.#connection.countKey, ...(count > 0 ? [this.#connection.lineKey(count - 1)] : [])];
    const [counted, last] = await this.#connection.mget(keys);
    // Of a key of another kind MGET says the same as of one that is not there.
    if (!counted) await this.#connection.command('GET', this.#connection.countKey);
    return { total: counted ? this.#number(counted) + 1 : 0, last };
  }

  /**
   * Writes the end of the log again that a server lost when it went down, if what is there is the log's beginning. Each
   * process puts back what it has read. Returns whether all that was read is there.
   */
  async #putBack(): Promise<boolean> {
    const first = this.#count - this.#kept.length;
    for (;;) {
      const { total } = await this.#look(0);
      const end = Math.min(total, this.#count);
      if (end <= first) return false;
      const { last } = await this.#look(end);
      const expected = this.#kept[end - 1 - first] as Buffer;
      if (!last?.equals(expected)) return false;
      if (end === this.#count) return true;
      const lines = this.#kept.slice(end - first).map((line) => line.toString('utf8'));
      const dependence = new PlanDependence();
      await this.#connection.append({ count: end, last: expected, lines, workerId: IN_EVERY_LINE, dependence });
    }
  }

  #keep(line: Buffer): void {
    if (!this.#putsBack) return;
    this.#kept.push(line);
    if (this.#kept.length > 2 * KEPT_LINES) this.#kept = this.#kept.slice(-KEPT_LINES);
  }

  async #readTo(total: number): Promise<void> {
    let page: Promise<Line[]> | undefined;
    while (this.#count < total) {
      const lines = await (page ?? this.#page(this.#count, total));
      const isWhole = !lines.includes(null);
      const next = this.#count + lines.length;
      page = isWhole && next < total ? this.#page(next, total) : undefined;
      // Awaited, if at all, once these lines are applied.
      page?.catch(() => {});
      await this.apply(lines);
      if (!isWhole) await this.#waitForGap(total);
    }
    this.#gap = undefined;
  }

  #page(from: number, total: number): Promise<Line[]> {
    const length = Math.min(PAGE_LINES, total - from);
    return this.#connection.mget(Array.from({ length }, (_, index) => this.#connection.lineKey(from + index)));
  }

  /** Applies lines that come next, up to the first one that is missing. */
  async apply(lines: readonly Line[]): Promise<void> {
    const slice = new TimeSlice();
    for (const line of lines) {
      if (line === null) return;
      const text = isAscii(line) ? line.toString('latin1') : line.toString('utf8');
      this.state.applyLine(text, 0, text.length);
      if (this.#sought?.equals(line)) this.#sought = undefined;
      this.#last = line;
      this.#keep(line);
      this.#count++;
      if (this.#count % LINES_PER_CLOCK_CHECK === 0 && slice.isOver) await slice.yield();
    }
  }

  async #waitForGap(total: number): Promise<void> {
    const number = this.#count;
    if (this.#gap?.number !== number) this.#gap = { number, since: performance.now() };
    if (performance.now() - this.#gap.since < GAP_MS) return sleep(GAP_LOOK_MS);
    const { url } = this.#connection;
    throw new StorageError(
      'truncated',
      storageMessage('lostLineKeyDeletedEvicted', {
        url: String(url),
        number: number + 1,
        total,
        number2: this.#connection.lineKey(number),
      }),
    );
  }

  #number(text: Buffer): number {
    const number = Number(text.toString('latin1'));
    if (Number.isSafeInteger(number) && number >= -1) return number;
    throw new StorageError(
      'not-a-storage',
      storageMessage('somethingElseUnderThanOptuna', {
        url: String(this.#connection.url),
        countKey: this.#connection.countKey,
      }),
    );
  }

  #restart(): void {
    this.#hasLost = true;
    // It came, if at all, behind what is gone: a line like it is another one.
    if (this.#sought) this.#sought = NOTHING;
    this.state.reset();
    this.#kept = [];
    this.#count = 0;
    this.#last = NOTHING;
    this.#gap = undefined;
  }
}
