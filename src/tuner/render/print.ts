/** The command line's only way to write to standard output and error, beside the live table of `Terminal`. */
import { printable, printableJson } from '../../core/text/printable.ts';

/** Each text as one line on standard output, whatever it holds. */
export function print(text: string | readonly string[]): void {
  process.stdout.write(linesOf(text));
}

/** Each text as one line on standard error. */
export function printError(text: string | readonly string[]): void {
  process.stderr.write(linesOf(text));
}

function linesOf(text: string | readonly string[]): string {
  return (typeof text === 'string' ? [text] : text).map((line) => `${printable(line)}\n`).join('');
}

/** JSON text with its layout. */
export function printJson(json: string): void {
  process.stdout.write(`${printableJson(json.trimEnd())}\n`);
}
