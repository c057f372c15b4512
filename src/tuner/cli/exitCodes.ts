import { TuneboardError } from '../../core/errors.ts';
import { StudyFileError } from '../run/openStudy.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A mistake in how the command was called. */
export class UsageError extends TuneboardError {
  constructor(message: string) {
    super('usage', message);
  }
}

const USAGE_CODES = new Set(['usage', 'bad-study-file', 'unsupported-storage']);

/** Prints an error as one line (a study file's findings as one line each) and says which exit code it means. */
export function reportError(error: unknown, write: (line: string) => void): ExitCode {
  if (error instanceof StudyFileError) {
    for (const line of error.lines) write(line);
    return EXIT.usage;
  }
  if (error instanceof TuneboardError) {
    write(`tuneboard: ${oneLine(error.message)}`);
    return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
  }
  const detail = error instanceof Error ? error.message : String(error);
  write(`tuneboard: something unexpected went wrong: ${oneLine(detail)}`);
  if (process.env['TUNEBOARD_DEBUG'] && error instanceof Error)
    for (const line of (error.stack ?? '').split('\n')) write(line);
  return EXIT.failed;
}

export function oneLine(text: string): string {
  return text.replace(/(?<!\s)\s*\n\s*/g, ' ');
}
