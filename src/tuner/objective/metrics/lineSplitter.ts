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
    const ends = /\r\n|\n|\r/g;
    ends.lastIndex = start;
    for (let match = ends.exec(text); match; match = ends.exec(text)) {
      this.#emit(text.slice(start, match.index));
      start = ends.lastIndex;
      if (match[0] === '\r' && start === text.length) this.#endedWithReturn = true;
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
