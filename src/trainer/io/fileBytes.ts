import { type FileHandle, open, stat } from 'node:fs/promises';
import { TuneboardError } from '../../core/errors.ts';
import { unreadable } from './torchPickle.ts';
import type { ByteSource } from './unpickler.ts';

/** A regular file for reading: opening a pipe waits for its writer. Throws `checkpoint` where it cannot be opened. */
export async function openChecked(path: string): Promise<FileHandle> {
  try {
    if ((await stat(path)).isFile()) return await open(path, 'r');
  } catch (error) {
    throw new TuneboardError('checkpoint', `${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  throw new TuneboardError('checkpoint', `${path} cannot be read: it is no file.`);
}

/** What `read` makes of an open file, which it keeps; where it throws, the file is closed. Throws `checkpoint`. */
export async function readOpened<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await openChecked(path);
  try {
    return await read(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** So many bytes from `start` on; throws `short()` where there are fewer. */
export async function readExactly(
  file: FileHandle,
  start: number,
  length: number,
  short: () => TuneboardError,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), start + done);
    if (bytesRead === 0) throw short();
    done += bytesRead;
  }
  return bytes;
}

/** Bytes in memory as a source that knows its place. */
export class BufferSource implements ByteSource {
  readonly #path: string;
  readonly #bytes: Buffer;
  at = 0;

  constructor(path: string, bytes: Buffer) {
    this.#path = path;
    this.#bytes = bytes;
  }

  take(count: number): Buffer {
    if (this.at + count > this.#bytes.length) throw new EndOfBytes(this.#path);
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new EndOfBytes(this.#path);
    const text = this.#bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }
}

/** Thrown where the bytes end too early. */
export class EndOfBytes extends TuneboardError {
  constructor(path: string) {
    super('checkpoint', unreadable(path, 'it ends too early').message);
  }
}
