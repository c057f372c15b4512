import { StringDecoder } from 'node:string_decoder';
import { cutLine, LINE_LIMIT } from '../../../core/text/lines.ts';

/**
 * Cuts a byte stream into lines. Right for characters that arrive in halves, `\r\n`, a missing last newline, and
 * progress bars: text that a lone `\r` overwrites is a line of its own, because what a bar shows may be a metric. A line
 * longer than `LINE_LIMIT` is cut there.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';
  #isCut = false;
  #endedWithReturn = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  }

  /** Gives out what is left after the last newline. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#emit('');
  }

  #take(text: string): void {
    let start = 0;
    if (this.#endedWithReturn && text !== '') {
      if (text.startsWith('\n')) start = 1;
      this.#endedWithReturn = false;
    }
    let feed = text.indexOf('\n', start);
    let back = text.indexOf('\r', start);
    while (feed >= 0 || back >= 0) {
      const isBack = back >= 0 && (feed < 0 || back < feed);
      const at = isBack ? back : feed;
      this.#emit(text.slice(start, at));
      start = at + (isBack && feed === at + 1 ? 2 : 1);
      if (isBack && start === at + 1 && start === text.length) this.#endedWithReturn = true;
      if (feed >= 0 && feed < start) feed = text.indexOf('\n', start);
      if (back >= 0 && back < start) back = text.indexOf('\r', start);
    }
    this.#keep(text.slice(start));
  }

  #keep(text: string): void {
    if (this.#isCut || text === '') return;
    this.#rest += text;
    if (this.#rest.length > LINE_LIMIT) {
      this.#rest = cutLine(this.#rest);
      this.#isCut = true;
    }
  }

  #emit(text: string): void {
    this.#keep(text);
    const line = this.#rest;
    this.#rest = '';
    this.#isCut = false;
    this.#onLine(line);
  }
}
