import { StringDecoder } from 'node:string_decoder';
import { Script } from 'node:vm';
import { cutLine, LINE_LIMIT } from '../../../core/text/lines.ts';

/** How long reading the lines of one piece of output may take, in milliseconds. It takes a hundredth of that. */
const MOST_MS = 500;
/** After so many lines that could not be read in time, a program's lines are not read any more. */
const MOST_SKIPPED = 3;
/** A larger piece of output, in bytes, is a flood: the rest of the process has a turn before the next one is read. */
const FLOOD_BYTES = 16 * 1024;
/** Lines are read for so long, in milliseconds, before the rest of the process has a turn. */
const SLICE_MS = 10;
/** Lines that are passed on in one turn when they are not read any more. */
const LINES_UNREAD = 5000;

/** What the guarded script calls. It can only reach globals. */
const HOOK = 'tuneboard:guarded';
const guarded = new Script(`globalThis[${JSON.stringify(HOOK)}]()`);

/**
 * Runs `action` in this thread and ends it after half a second, even within an endless loop or regular expression, so that
 * signals and the control socket are answered whatever a parser does. Returns whether it came to its end. It must leave
 * nothing broken when it is ended anywhere, and go on where it was when it is called again. Errors pass through.
 */
export function withinTime(action: () => void): boolean {
  Object.defineProperty(globalThis, HOOK, { value: action, configurable: true });
  for (let attempt = 0; ; attempt++) {
    const before = cpuMs();
    try {
      guarded.runInThisContext({ timeout: MOST_MS });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      // A machine that is busy or was asleep is no fault of the parser.
      if (attempt >= MOST_SKIPPED || cpuMs() - before > MOST_MS / 4) return false;
    }
  }
}

function cpuMs(): number {
  // Node 20 and 22 have the figure of the whole process only.
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

/** Hands a stream's pieces on. While a program floods it, only one is taken in each turn of the event loop. */
export function readInTurns(stream: NodeJS.ReadableStream | null, onPiece: (piece: Buffer) => void): void {
  stream?.on('data', (piece: Buffer) => {
    onPiece(piece);
    if (piece.length < FLOOD_BYTES) return;
    stream.pause();
    setImmediate(() => stream.resume());
  });
  stream?.on('error', () => undefined);
}

export interface LineReader<T> {
  /** What a line says. Has no effects; a line on which it takes too long is skipped. */
  readonly parse: (line: string) => T;
  /** Called for every line in the order printed; `said` is undefined where the line was not read. */
  readonly onLine: (line: string, said: T | undefined) => void;
  /** Called after `parse` was ended in the middle of a line. */
  readonly onEnded?: () => void;
  /** Called with one sentence when lines were skipped. */
  readonly onSkipped: (sentence: string) => void;
}

/** Where the output of one stream goes. */
export interface LineSink {
  push(piece: Uint8Array): void;
  end(): void;
}

/** Cuts a program's output into lines and reads them, several at a time, guarded by `withinTime`. */
export class PrintedLines<T> {
  readonly #reader: LineReader<T>;
  #skipped = 0;

  constructor(reader: LineReader<T>) {
    this.#reader = reader;
  }

  /** Reads all lines of a piece at once. One for each stream: lines of different streams must not be mixed. */
  sink(): LineSink {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const takeAll = () => {
      for (let from = 0; from < lines.length; ) from += this.#take(lines, from);
      lines.length = 0;
    };
    return {
      push: (piece) => {
        splitter.push(piece);
        takeAll();
      },
      end: () => {
        splitter.end();
        takeAll();
      },
    };
  }

  /**
   * Reads a stream as it comes. The process has a turn of its event loop after every 10 ms of reading lines, and the
   * program waits meanwhile. `end` reads what is left.
   */
  follow(stream: NodeJS.ReadableStream | null, onPiece: (piece: Buffer) => void): { end(): void } {
    let lines: string[] = [];
    let from = 0;
    let isWaiting = false;
    const splitter = new LineSplitter((line) => lines.push(line));
    const takeSome = () => {
      isWaiting = false;
      from += this.#take(lines, from);
      if (from < lines.length) return takeLater();
      lines = [];
      from = 0;
      stream?.resume();
    };
    const takeLater = () => {
      isWaiting = true;
      stream?.pause();
      setImmediate(() => isWaiting && takeSome());
    };
    stream?.on('data', (piece: Buffer) => {
      onPiece(piece);
      splitter.push(piece);
      if (isWaiting) return;
      from += this.#take(lines, from);
      if (from < lines.length || piece.length >= FLOOD_BYTES) takeLater();
      else [lines, from] = [[], 0];
    });
    stream?.on('error', () => undefined);
    return {
      end: () => {
        isWaiting = false;
        splitter.end();
        while (from < lines.length) from += this.#take(lines, from);
      },
    };
  }

  /** Reads lines for 10 ms. Returns how many. */
  #take(lines: readonly string[], from: number): number {
    if (from >= lines.length) return 0;
    const said: (T | undefined)[] = [];
    if (this.#skipped < MOST_SKIPPED) {
      const deadline = performance.now() + SLICE_MS;
      const isDone = withinTime(() => {
        do said.push(this.#reader.parse(lines[from + said.length] as string));
        while (from + said.length < lines.length && performance.now() < deadline);
      });
      if (!isDone) {
        said.push(undefined);
        this.#reader.onEnded?.();
        this.#tellSkipped();
      }
    } else said.length = Math.min(LINES_UNREAD, lines.length - from);
    for (let index = 0; index < said.length; index++) this.#reader.onLine(lines[from + index] as string, said[index]);
    return said.length;
  }

  #tellSkipped(): void {
    this.#skipped++;
    if (this.#skipped === 1) this.#reader.onSkipped('A printed line took too long to read and was skipped.');
    if (this.#skipped === MOST_SKIPPED)
      this.#reader.onSkipped(`${MOST_SKIPPED} printed lines took too long to read: no more of them are read.`);
  }
}

/**
 * Cuts a byte stream into lines. Right for characters that arrive in halves, `\r\n`, a missing last newline, and
 * progress bars: text that a lone `\r` overwrites is a line of its own, because what a bar shows may be a metric. A line
 * longer than `LINE_LIMIT` is cut there.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';
  #isCut = false;
  #endedWithReturn = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  }

  /** Gives out what is left after the last newline. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#emit('');
  }

  #take(text: string): void {
    let start = 0;
    if (this.#endedWithReturn && text !== '') {
      if (text.startsWith('\n')) start = 1;
      this.#endedWithReturn = false;
    }
    let feed = text.indexOf('\n', start);
    let back = text.indexOf('\r', start);
    while (feed >= 0 || back >= 0) {
      const isBack = back >= 0 && (feed < 0 || back < feed);
      const at = isBack ? back : feed;
      this.#emit(text.slice(start, at));
      start = at + (isBack && feed === at + 1 ? 2 : 1);
      if (isBack && start === at + 1 && start === text.length) this.#endedWithReturn = true;
      if (feed >= 0 && feed < start) feed = text.indexOf('\n', start);
      if (back >= 0 && back < start) back = text.indexOf('\r', start);
    }
    this.#keep(text.slice(start));
  }

  #keep(text: string): void {
    if (this.#isCut || text === '') return;
    this.#rest += text;
    if (this.#rest.length > LINE_LIMIT) {
      this.#rest = cutLine(this.#rest);
      this.#isCut = true;
    }
  }

  #emit(text: string): void {
    this.#keep(text);
    const line = this.#rest;
    this.#rest = '';
    this.#isCut = false;
    this.#onLine(line);
  }
}
