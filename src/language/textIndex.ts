/** A place as the Language Server Protocol counts it: line and UTF-16 code unit, both from 0. */
export interface TextPosition {
  readonly line: number;
  readonly character: number;
}

export interface TextRange {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

/** Line starts of one text. A line ends at `\n`, `\r\n` or a lone `\r`, as in the protocol. */
export class TextIndex {
  readonly text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.text = text;
    if (!text.includes('\r')) {
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
      return;
    }
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) this.#starts.push(at + 1);
    }
  }

  get lineCount(): number {
    return this.#starts.length;
  }

  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** First offset of a line; lines outside the text are clamped. */
  lineStart(line: number): number {
    return this.#starts[Math.min(Math.max(line, 0), this.#starts.length - 1)] as number;
  }

  /** Offset after the last character of a line, before its line break. */
  lineEnd(line: number): number {
    let end = line + 1 < this.#starts.length ? (this.#starts[line + 1] as number) : this.text.length;
    while (end > this.lineStart(line) && isBreak(this.text.charCodeAt(end - 1))) end--;
    return end;
  }

  positionAt(offset: number): TextPosition {
    const clamped = Math.min(Math.max(offset, 0), this.text.length);
    const line = this.lineAt(clamped);
    return { line, character: clamped - this.lineStart(line) };
  }

  offsetAt(position: TextPosition): number {
    if (position.line < 0) return 0;
    if (position.line >= this.#starts.length) return this.text.length;
    const start = this.lineStart(position.line);
    return Math.min(Math.max(start + position.character, start), this.lineEnd(position.line));
  }

  rangeAt(start: number, end: number): TextRange {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }

  /** The line break that the text uses: that of its first line, `\n` where it has one line. */
  get lineBreak(): string {
    const end = this.lineEnd(0);
    return this.text.slice(end, end + 2) === '\r\n' ? '\r\n' : '\n';
  }

  /** The blanks at the start of the line that holds `offset`. */
  indentationAt(offset: number): string {
    const start = this.lineStart(this.lineAt(offset));
    return /^[ \t\f]*/.exec(this.text.slice(start, this.lineEnd(this.lineAt(offset))))?.[0] ?? '';
  }
}

function isBreak(code: number): boolean {
  return code === 10 || code === 13;
}
