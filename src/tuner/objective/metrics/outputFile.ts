import { closeSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { TuneboardError } from '../../../core/errors.ts';
import { openOwnFile, writeOwnFile } from '../../../runs/ownFiles.ts';

/** When the file has grown to this many bytes, it becomes the older half and a new one begins. */
const HALF_BYTES = 4 * 1024 * 1024;
const FLUSH_BYTES = 64 * 1024;
const FLUSH_AFTER_MS = 50;
const LEFT_OUT = '[tuneboard: earlier output was left out]\n';

/**
 * The output of one trial on disk: the newest 4 to 8 MB of it. While the trial runs the older half is in `PATH.1`; at
 * the end both become one file. A full disk or a folder that went away ends the recording, never the trial.
 */
export class OutputFile {
  readonly #path: string;
  readonly #half: number;
  #file: number | undefined;
  #size = 0;
  #hasOlder = false;
  #isCut = false;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #failure: string | undefined;

  constructor(path: string, halfBytes = HALF_BYTES) {
    this.#path = path;
    this.#half = halfBytes;
    try {
      rmSync(`${path}.1`, { force: true });
      this.#file = openOwnFile(path, 'empty');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Why the recording ended early, if it did. */
  get failure(): string | undefined {
    return this.#failure;
  }

  write(chunk: Uint8Array): void {
    if (this.#file === undefined) return;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.byteLength;
    if (this.#pendingBytes >= FLUSH_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
  }

  close(): void {
    this.#flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    if (this.#hasOlder) this.#join();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pendingBytes === 0 || this.#file === undefined) return;
    const bytes = this.#pending.length === 1 ? (this.#pending[0] as Uint8Array) : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      for (let offset = 0; offset < bytes.byteLength; ) offset += writeSync(this.#file, bytes, offset);
      this.#size += bytes.byteLength;
      if (this.#size >= this.#half) this.#rotate();
    } catch (error) {
      this.#fail(error);
    }
  }

  #rotate(): void {
    closeSync(this.#file as number);
    this.#file = undefined;
    if (this.#hasOlder) this.#isCut = true;
    renameSync(this.#path, `${this.#path}.1`);
    this.#hasOlder = true;
    this.#file = openOwnFile(this.#path, 'empty');
    this.#size = 0;
  }

  #join(): void {
    const older = `${this.#path}.1`;
    try {
      const parts = [readFileSync(older), readFileSync(this.#path)];
      if (this.#isCut) {
        // The first line of the older half may have lost its beginning.
        const firstEnd = (parts[0] as Buffer).indexOf(10);
        parts[0] = Buffer.concat([Buffer.from(LEFT_OUT), (parts[0] as Buffer).subarray(firstEnd + 1)]);
      }
      writeOwnFile(`${this.#path}.joined`, Buffer.concat(parts));
      renameSync(`${this.#path}.joined`, this.#path);
      rmSync(older, { force: true });
    } catch (error) {
      rmSync(`${this.#path}.joined`, { force: true });
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure =
      error instanceof TuneboardError
        ? error.message
        : `The output could not be recorded (${(error as NodeJS.ErrnoException).code ?? String(error)}).`;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}
