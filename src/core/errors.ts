/** Base of every error that a person may see: a stable `code`, one sentence, and where it happened if that is known. */
export class TuneboardError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TuneboardError';
    this.code = code;
  }
}
