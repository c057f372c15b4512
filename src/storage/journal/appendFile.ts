import { closeSync, fdatasync, fstatSync, fsync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/** `fdatasync` makes data and file size durable, which is all that an append needs; where it is missing, `fsync`. */
const flush = promisify(process.platform === 'linux' ? fdatasync : fsync);

/** A file that only grows, except to take a failed append back. For holders of the journal's lock. */
export class AppendFile {
  readonly #fd: number;
  readonly inode: string;

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

  /** Appends all bytes and makes them durable, or throws and leaves the file as long as it was. */
  async append(text: string): Promise<void> {
    const before = this.size;
    try {
      const bytes = Buffer.from(text, 'latin1');
      let done = 0;
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
      await flush(this.#fd);
    } catch (error) {
      this.truncate(before);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
