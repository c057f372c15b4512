import { closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openOwnFile } from '../../../runs/ownFiles.ts';
import { type LogEvent, OptunaLogParser } from '../../../storage/log/optunaLogParser.ts';
import { type LineSink, PrintedLines } from '../metrics/printedLines.ts';
import type { OptunaRunOptions } from './optunaRun.ts';

/** File in the run folder that holds everything that a script printed, when its printed lines are the trial log. */
export const PRINTED_LOG = 'printed.log';

/**
 * A script without the import hook: what it prints goes into one file, and that file is the study's storage (a text
 * log: kinds and choices of parameters may turn out otherwise later, which a journal would not allow). Lines of the two
 * streams are kept whole.
 */
export class LogWatcher {
  readonly #options: OptunaRunOptions;
  readonly #path: string;
  #file: number | undefined;
  #parser = new OptunaLogParser();
  readonly #lines: Record<'stdout' | 'stderr', LineSink>;
  readonly #onTrialEnd: () => void;
  #told = false;
  #ended = 0;

  /** `onTrialEnd` is called when a trial has ended. */
  constructor(options: OptunaRunOptions, onTrialEnd: () => void) {
    this.#options = options;
    this.#onTrialEnd = onTrialEnd;
    this.#path = join(options.folder.path, PRINTED_LOG);
    this.#file = openOwnFile(this.#path, 'empty');
    const lines = new PrintedLines<LogEvent[]>({
      parse: (line) => this.#parser.push(`${line}\n`),
      onLine: (line, found) => {
        this.#write(line);
        if (found) this.#take(found);
      },
      onEnded: () => {
        this.#parser = new OptunaLogParser();
      },
      onSkipped: (sentence) => options.events.note(sentence),
    });
    this.#lines = { stdout: lines.sink(), stderr: lines.sink() };
  }

  get hadStudy(): boolean {
    return this.#told;
  }

  /** Trials that have ended in this run. */
  get ended(): number {
    return this.#ended;
  }

  push(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.#lines[stream].push(bytes);
  }

  end(): void {
    for (const lines of Object.values(this.#lines)) lines.end();
    this.#take(this.#parser.end());
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #write(line: string): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, `${line}\n`);
    } catch (error) {
      this.#options.events.note(`${this.#path} could not be written: ${(error as Error).message}`);
      closeSync(this.#file);
      this.#file = undefined;
    }
  }

  #take(found: readonly LogEvent[]): void {
    for (const event of found) {
      if (event.type === 'metrics') continue;
      if (!this.#told) {
        this.#told = true;
        const name = event.type === 'study' ? event.name : PRINTED_LOG;
        this.#options.events.study({ location: this.#path, name });
      }
      if (event.type === 'finished' || event.type === 'pruned' || event.type === 'failed') {
        this.#ended++;
        this.#onTrialEnd();
      }
    }
  }
}
