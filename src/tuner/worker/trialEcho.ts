import { withoutColours } from '../../core/text/printable.ts';
import { LineSplitter } from '../objective/metrics/printedLines.ts';

const MARK = /^\[trial (\d+)\] ?/;

/** What a worker says last that found nothing more to do: its engine may count it as lost for the end of a trial's program. */
export const NOTHING_LEFT = 'tuneboard: Nothing is left to do.';

/** Prints what trials print, each line marked with its trial, so that the log of a job tells them apart. */
export class TrialEcho {
  readonly #print: (line: string) => void;
  readonly #splitters = new Map<number, LineSplitter>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  push(number: number, chunk: Uint8Array): void {
    let splitter = this.#splitters.get(number);
    if (!splitter) {
      splitter = new LineSplitter((line) => this.#print(`[trial ${number}] ${withoutColours(line)}`));
      this.#splitters.set(number, splitter);
    }
    splitter.push(Buffer.from(chunk));
  }

  end(number: number): void {
    this.#splitters.get(number)?.end();
    this.#splitters.delete(number);
  }
}

/** A line of a job's log: which trial it is of, null: the worker's own. */
export function echoedLine(line: string): { readonly number: number | null; readonly text: string } {
  const mark = MARK.exec(line);
  return mark ? { number: Number(mark[1]), text: line.slice(mark[0].length) } : { number: null, text: line };
}
