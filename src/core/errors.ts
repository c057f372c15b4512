/** The same in every bundle that has a copy of this file. */
const MARK = Symbol.for('tuneboard.error');

/** Base of every error that a person may see: a stable `code`, one sentence, and where it happened if that is known. */
export class TuneboardError extends Error {
  readonly code: string;
  readonly [MARK] = true;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TuneboardError';
    this.code = code;
  }
}

/** An error of another bundle, such as the one that speaks to databases, is one too; a kind of it only its own bundle's. */
Object.defineProperty(TuneboardError, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this !== TuneboardError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && MARK in value;
  },
});
