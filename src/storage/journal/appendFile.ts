import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

/** `fdatasync` makes data and file size durable, which is all that an append needs; where it is missing, `fsync`. */
const isLinux = process.platform === 'linux';
const flush = promisify(isLinux ? fdatasync : fsync);
const flushSync = isLinux ? fdatasyncSync : fsyncSync;
/** The way to another thread and back costs a fast disk a tenth of its speed: it is waited for on this one. In milliseconds. */
const FAST_FLUSH_MS = 1;

/** A write failed, and what it left could not be taken back. */
export class TornWrite extends Error {
  readonly code: string | undefined;
  constructor(code: string | undefined, options: { cause: unknown }) {
    super((options.cause as Error).message, options);
    this.code = code;
  }
}

/** A file that only grows, except to take a failed append back. For holders of the journal's lock. */
export class AppendFile {
  readonly #fd: number;
  readonly inode: string;
  readonly #probe = Buffer.alloc(2);
  #flushMs = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'a+');
    const stat = fstatSync(this.#fd, { bigint: true });
    this.inode = `${stat.dev}:${stat.ino}`;
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size);
  }

  /**
   * Appends ASCII text to a file that ends at byte `at`, or throws and leaves it as long as it was; `TornWrite` where that
   * cannot be done either. Throws too, and writes nothing, when the file ends elsewhere.
   */
  write(text: string, at: number): void {
    if (!this.#endsAt(at)) throw new Error('another program wrote to it without its lock');
    try {
      let done = writeSync(this.#fd, text, null, 'latin1');
      while (done < text.length) done += writeSync(this.#fd, text.slice(done), null, 'latin1');
    } catch (error) {
      try {
        this.truncate(at);
      } catch {
        throw new TornWrite((error as NodeJS.ErrnoException).code, { cause: error });
      }
      throw error;
    }
  }

  /** A read across the end costs a third of asking for the size. */
  #endsAt(at: number): boolean {
    const before = Math.min(at, 1);
    return readSync(this.#fd, this.#probe, 0, before + 1, at - before) === before;
  }

  /**
   * Whether `text` stands at byte `at`, with what another writer may have appended behind it. Where the file ends within it,
   * the rest is appended.
   */
  restore(text: string, at: number): boolean {
    const there = Buffer.alloc(text.length);
    const length = readSync(this.#fd, there, 0, there.length, at);
    if (!text.startsWith(there.toString('latin1', 0, length)) || fstatSync(this.#fd).size < at) return false;
    if (length < text.length) this.write(text.slice(length), at + length);
    return true;
  }

  /** Cuts off `text`, as much of it as stands at byte `at`, unless something else stands there or behind it. */
  takeBack(text: string, at: number): void {
    const there = Buffer.alloc(text.length + 1);
    const length = readSync(this.#fd, there, 0, there.length, at);
    // Of a file that ends before `at` nothing can be cut off: it would grow to that length.
    if (length > 0 && text.startsWith(there.toString('latin1', 0, length))) this.truncate(at);
  }

  /** Makes durable what was written. */
  async flush(): Promise<void> {
    const startedAt = performance.now();
    if (this.#flushMs < FAST_FLUSH_MS) flushSync(this.#fd);
    else await flush(this.#fd);
    this.#flushMs = performance.now() - startedAt;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
