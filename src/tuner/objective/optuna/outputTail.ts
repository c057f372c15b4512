import { StringDecoder } from 'node:string_decoder';

/** What is kept of each stream, in UTF-16 units: enough for a traceback with its causes. */
const KEPT = 32 * 1024;

/** The last part of what a script printed. Errors are on standard error, so it comes last. */
export class OutputTail {
  readonly #texts = { stdout: '', stderr: '' };
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };

  push(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const text =
      this.#texts[stream] + this.#decoders[stream].write(bytes.length > KEPT ? bytes.subarray(-KEPT) : bytes);
    this.#texts[stream] = text.length > KEPT ? text.slice(-KEPT) : text;
  }

  get text(): string {
    return `${this.#texts.stdout}\n${this.#texts.stderr}`;
  }
}
