/** Where the following bytes of a script's output belong: a trial of one of its studies. */
export interface OutputTag {
  /** The number that the launcher gave the study. */
  readonly study: number;
  readonly number: number;
}

const RECORD_SEPARATOR = 0x1e;
const UNIT_SEPARATOR = 0x1f;
/** Longest mark that is waited for, in bytes; anything longer is ordinary output. */
const LONGEST_MARK = 96;

/**
 * Cuts one stream at the marks that the launcher puts into it (`RS tuneboard:NONCE:TAG US`) and takes them out. A mark
 * may arrive in pieces. Bytes that only look like the beginning of one are passed on unchanged.
 */
export class MarkSplitter {
  readonly #prefix: Buffer;
  readonly #onBytes: (tag: OutputTag | null, bytes: Buffer) => void;
  #tag: OutputTag | null = null;
  #held = Buffer.alloc(0);

  constructor(nonce: string, onBytes: (tag: OutputTag | null, bytes: Buffer) => void) {
    this.#prefix = Buffer.from(`\u001etuneboard:${nonce}:`);
    this.#onBytes = onBytes;
  }

  push(chunk: Buffer): void {
    let bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = Buffer.alloc(0);
    for (let from = 0; ; ) {
      const start = bytes.indexOf(this.#prefix, from);
      const mark = start < 0 ? 'none' : this.#markAt(bytes, start);
      if (mark === 'no') from = start + 1;
      else if (typeof mark === 'object') {
        this.#emit(bytes.subarray(0, start));
        this.#tag = mark.tag;
        bytes = bytes.subarray(mark.end);
        from = 0;
      } else {
        const end = mark === 'incomplete' ? start : this.#partAt(bytes);
        this.#emit(bytes.subarray(0, end));
        this.#held = Buffer.from(bytes.subarray(end));
        return;
      }
    }
  }

  end(): void {
    this.#emit(this.#held);
    this.#held = Buffer.alloc(0);
  }

  /** Where the beginning of a mark is that the bytes end with; their length where there is none. */
  #partAt(bytes: Buffer): number {
    const start = bytes.lastIndexOf(RECORD_SEPARATOR);
    const isPart = start >= 0 && this.#prefix.subarray(0, bytes.length - start).equals(bytes.subarray(start));
    return isPart ? start : bytes.length;
  }

  /** The mark at `start`, where the prefix is. */
  #markAt(bytes: Buffer, start: number): { tag: OutputTag | null; end: number } | 'no' | 'incomplete' {
    const found = bytes.subarray(start, start + LONGEST_MARK).indexOf(UNIT_SEPARATOR);
    if (found < 0) return bytes.length - start > LONGEST_MARK ? 'no' : 'incomplete';
    const end = start + found;
    const text = bytes.toString('latin1', start + this.#prefix.length, end);
    if (text === '-') return { tag: null, end: end + 1 };
    const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
    return match ? { tag: { study: Number(match[1]), number: Number(match[2]) }, end: end + 1 } : 'no';
  }

  #emit(bytes: Buffer): void {
    if (bytes.length > 0) this.#onBytes(this.#tag, bytes);
  }
}
