import { MOST_STUDIES } from '../../core/study/states.ts';
import { JournalLines } from './journalLines.ts';
import { JournalReplay } from './journalReplay.ts';

const WARNING_LIMIT = 20;

/** What the lines of a journal amount to so far, and what was found odd about them. */
export class JournalState {
  readonly #location: string;
  #replay = new JournalReplay();
  #lines = new JournalLines(this.#replay);
  #lineNumber = 0;
  #badLines = 0;
  readonly #warned = new Set<string>();
  readonly warnings: string[] = [];

  constructor(location: string) {
    this.#location = location;
  }

  /** A new object after a `reset`. */
  get replay(): JournalReplay {
    return this.#replay;
  }

  /** How many lines were applied. */
  get lineNumber(): number {
    return this.#lineNumber;
  }

  reset(): void {
    this.#replay = new JournalReplay();
    this.#lines = new JournalLines(this.#replay);
    this.#lineNumber = 0;
    this.#badLines = 0;
    this.#warned.clear();
    this.warnings.length = 0;
  }

  /** The last line, which was bad, is there no more. */
  takeLineBack(): void {
    this.#lineNumber--;
  }

  /** Applies `text[start, lineEnd)`, one line. Returns whether it is bad. */
  applyLine(text: string, start: number, lineEnd: number): boolean {
    this.#lineNumber++;
    const end = text.charCodeAt(lineEnd - 1) === 0x0d ? lineEnd - 1 : lineEnd;
    const result = this.#lines.apply(text, start, end);
    if (this.#replay.hasMoreStudies) {
      this.#warnOnce(`${this.#location} has more than ${MOST_STUDIES} studies: the first ${MOST_STUDIES} are shown.`);
    }
    switch (result) {
      case 'bad':
        this.#badLines++;
        if (this.#badLines <= WARNING_LIMIT) {
          this.warnings.push(`Line ${this.#lineNumber} of ${this.#location} is damaged and was skipped.`);
        } else if (this.#badLines === WARNING_LIMIT + 1) {
          this.warnings.push(`More lines of ${this.#location} are damaged and were skipped.`);
        }
        return true;
      case 'unknown-op':
        this.#warnOnce(`${this.#location} has entries of a kind that this version does not know; they were skipped.`);
        return false;
      case 'discard':
        this.#warnOnce(`Rustuna discarded trials in ${this.#location}; they are shown, as Optuna shows them.`);
        return false;
      default:
        return false;
    }
  }

  #warnOnce(warning: string): void {
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    this.warnings.push(warning);
  }
}
