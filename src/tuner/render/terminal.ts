/** The terminal that a command prints to: what it can do, and a live area at its bottom. */

import { printable } from '../../core/text/printable.ts';
import { fit } from './text.ts';

type Stream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };
export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, string>> = { green: '32', yellow: '33', red: '31', dim: '2', bold: '1' };

export class Terminal {
  readonly isLive: boolean;
  readonly #stream: Stream;
  readonly #hasColour: boolean;
  #liveLines = 0;

  constructor(stream: Stream = process.stdout, env: NodeJS.ProcessEnv = process.env) {
    this.#stream = stream;
    this.isLive = stream.isTTY === true && env['TERM'] !== 'dumb';
    this.#hasColour = this.isLive && !env['NO_COLOR'];
  }

  get columns(): number {
    return Math.max(20, this.#stream.columns ?? 80);
  }

  get rows(): number {
    return Math.max(5, this.#stream.rows ?? 24);
  }

  /** Prints a line for good, above the live area: one, whatever the text holds. */
  line(text = '', colour?: Colour): void {
    const shown = printable(text);
    const coloured = colour && this.#hasColour ? `\x1b[${CODES[colour]}m${shown}\x1b[0m` : shown;
    this.#stream.write(`${this.#clear()}${coloured}\n`);
  }

  /** Replaces the live area, each line cut to the width; does nothing where the terminal cannot. */
  live(lines: readonly string[]): void {
    if (!this.isLive) return;
    // A line in the last column already wraps on some terminals.
    const shown = lines.slice(-(this.rows - 1)).map((line) => fit(line, this.columns - 1));
    this.#stream.write(`${this.#clear()}${shown.map((line) => `${line}\n`).join('')}`);
    this.#liveLines = shown.length;
  }

  #clear(): string {
    const text = this.#liveLines > 0 ? `\x1b[${this.#liveLines}A\x1b[0J` : '';
    this.#liveLines = 0;
    return text;
  }
}
