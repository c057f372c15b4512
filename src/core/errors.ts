import { type Message, verbatim } from '../words/message.ts';

/** The same in every bundle that has a copy of this file. */
const MARK = Symbol.for('tuneboard.error');

/** Base of every error that a person may see: a stable `code`, one sentence, and where it happened if that is known. */
export class TuneboardError extends Error {
  readonly code: string;
  /** The sentence for any language; `message` is its English text. */
  declare readonly words: Message;
  readonly [MARK] = true;

  /** A sentence that is given as a text is shown as it is in every language. */
  constructor(code: string, sentence: Message | string, options?: ErrorOptions) {
    const words = typeof sentence === 'string' ? verbatim(sentence) : sentence;
    super(words.text, options);
    this.name = 'TuneboardError';
    this.code = code;
    // Not enumerable: Node prints what is, of an error that nobody catches, and the message says the same.
    Object.defineProperty(this, 'words', { value: words });
  }
}

/** What an error says; one that is not for a person by its own text. */
export function wordsOf(error: unknown): Message {
  if (error instanceof TuneboardError) return error.words;
  return verbatim(error instanceof Error ? error.message : String(error));
}

/** An error of another bundle, such as the one that speaks to databases, is one too; a kind of it only its own bundle's. */
Object.defineProperty(TuneboardError, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this !== TuneboardError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && MARK in value;
  },
});
