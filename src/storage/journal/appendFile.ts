import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

/** `fdatasync` makes data and file size durable, which is all that an append needs; where it is missing, `fsync`. */
const isLinux = process.platform === 'linux';
const flush = promisify(isLinux ? fdatasync : fsync);
const flushSync = isLinux ? fdatasyncSync : fsyncSync;
/** A disk that is faster than the way to another thread and back is waited for on this one. In milliseconds. */
const FAST_FLUSH_MS = 0.2;

/** A file that only grows, except to take a failed append back. For holders of the journal's lock. */
export class AppendFile {
  readonly #fd: number;
  readonly inode: string;
  #flushMs = FAST_FLUSH_MS;

  constructor(path: string) {
    this.#fd = openSync(path, 'a');
    const stat = fstatSync(this.#fd, { bigint: true });
    this.inode = `${stat.dev}:${stat.ino}`;
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size);
  }

  /** Appends ASCII text, or throws and leaves the file as long as it was. Returns the byte at which the text begins. */
  write(text: string): number {
    const before = this.size;
    try {
      const bytes = Buffer.from(text, 'latin1');
      let done = 0;
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
      return before;
    } catch (error) {
      this.truncate(before);
      throw error;
    }
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
