import { isAscii } from 'node:buffer';
import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { storageMessage } from '../../words/en/storage.ts';
import { TimeSlice } from '../eventLoop.ts';
import { FILE_LIMITS, type FileRules, openRegularFile } from '../regularFile.ts';
import { fromSystemError, StorageError } from '../storageError.ts';
import { JournalState } from './journalState.ts';

const CHUNK_BYTES = 1 << 20;
/** Bytes before the offset that are compared at the next read: a file rewritten in place is noticed by them. */
const SEAM_BYTES = 64;
const LINES_PER_CLOCK_CHECK = 512;

/**
 * Reads a journal by byte offset: only complete lines, only what is new, a file of any size in pieces. Starts over when
 * the file was replaced, shrank or was rewritten.
 */
export class JournalReader {
  readonly path: string;
  readonly #rules: FileRules;
  /** In bytes. One line is held in memory whole. */
  readonly #longestLine: number;
  #fd: number | undefined;
  #inode = '';
  readonly state: JournalState;
  /** End of the last complete line that was applied. */
  #offset = 0;
  #seam: Buffer = Buffer.alloc(0);
  /** Where the last line begins if it was bad: while no other line follows, Optuna forgives it, and so a writer repairs it. */
  #badTail: number | undefined;
  #buffer = Buffer.allocUnsafe(64 * 1024);

  constructor(path: string, rules: FileRules = {}) {
    this.path = path;
    this.#rules = rules;
    this.#longestLine = rules.within === undefined ? Number.POSITIVE_INFINITY : FILE_LIMITS.journalLine;
    this.state = new JournalState(path);
  }

  /** Which file was read, to tell a replaced one. */
  get inode(): string {
    return this.#inode;
  }

  /** The end of the complete lines. */
  get offset(): number {
    return this.#offset;
  }

  get badTail(): number | undefined {
    return this.#badTail;
  }

  /** Reads to the end of the file. Returns whether anything changed. Calls must not overlap. */
  async sync(): Promise<boolean> {
    try {
      return await this.#sync();
    } catch (error) {
      throw fromSystemError(error, 'read', this.path);
    }
  }

  /** Applies lines that this process has just appended at `offset`, without reading them back. */
  applyOwn(text: string): void {
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('\n', start);
      this.state.applyLine(text, start, end);
      start = end + 1;
    }
    this.#offset += text.length;
    this.#seam = Buffer.from(text.slice(-SEAM_BYTES), 'latin1');
    this.#badTail = undefined;
  }

  /** The bytes after the last complete line. */
  tail(): Buffer {
    const fd = this.#fd as number;
    const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - this.#offset));
    readSync(fd, bytes, 0, bytes.length, this.#offset);
    return bytes;
  }

  /** After a damaged last line was cut off the file: the next line begins at `offset`. */
  rewindTo(offset: number): void {
    if (offset === this.#offset) return;
    this.#seam = this.#seam.subarray(0, Math.max(0, this.#seam.length - (this.#offset - offset)));
    this.#offset = offset;
    this.state.takeLineBack();
    this.#badTail = undefined;
  }

  /** Lets the next `sync` read the file from its beginning. */
  forget(): void {
    this.#inode = '';
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  /** Opens the file anew at the next `sync`, which goes on where it was. For a handle that its file server forgot. */
  reopen(): void {
    try {
      this.close();
    } catch {
      // It is of no use any more.
    }
  }

  async #sync(): Promise<boolean> {
    const stat = statSync(this.path, { bigint: true });
    const inode = `${stat.dev}:${stat.ino}`;
    const size = Number(stat.size);
    let isChanged = false;
    if (this.#fd === undefined || inode !== this.#inode) {
      isChanged = this.#open(inode);
    }
    if (size < this.#offset) isChanged = this.#restart();
    if (size === this.#offset && this.#isSeamIntact()) return isChanged;
    if (!this.#isSeamIntact()) isChanged = this.#restart();
    return (await this.#readOn()) || isChanged;
  }

  #open(inode: string): boolean {
    this.close();
    this.#fd = openRegularFile(this.path, this.#rules);
    const isSame = this.#inode === inode;
    this.#inode = inode;
    return this.#offset > 0 && !isSame && this.#restart();
  }

  #restart(): boolean {
    this.state.reset();
    this.#offset = 0;
    this.#seam = Buffer.alloc(0);
    this.#badTail = undefined;
    return true;
  }

  #isSeamIntact(): boolean {
    if (this.#seam.length === 0) return true;
    const now = Buffer.allocUnsafe(this.#seam.length);
    readSync(this.#fd as number, now, 0, now.length, this.#offset - now.length);
    return now.equals(this.#seam);
  }

  async #readOn(): Promise<boolean> {
    const fd = this.#fd as number;
    const slice = new TimeSlice();
    let isChanged = false;
    for (;;) {
      const available = fstatSync(fd).size - this.#offset;
      if (available <= 0) return isChanged;
      this.#reserve(Math.min(available, CHUNK_BYTES));
      let length = readSync(fd, this.#buffer, 0, Math.min(available, this.#buffer.length), this.#offset);
      if (length === 0) return isChanged;
      let end = this.#buffer.lastIndexOf(0x0a, length - 1) + 1;
      // A line longer than the buffer: read on until it ends.
      while (end === 0 && length < available) {
        this.#reserve(length * 2, length);
        const more = readSync(fd, this.#buffer, length, this.#buffer.length - length, this.#offset + length);
        if (more === 0) break;
        length += more;
        end = this.#buffer.lastIndexOf(0x0a, length - 1) + 1;
        if (end === 0 && length > this.#longestLine) throw this.#lineTooLong();
      }
      if (end === 0) return isChanged;
      isChanged = true;
      await this.#applyBytes(this.#buffer.subarray(0, end), slice);
    }
  }

  #lineTooLong(): StorageError {
    const most = `${this.#longestLine >> 20} MiB`;
    return new StorageError(
      'too-large',
      storageMessage('lineLongerThanOpenFile', { lineNumber: this.state.lineNumber + 1, path: this.path, most }),
    );
  }

  #reserve(length: number, keep = 0): void {
    if (this.#buffer.length >= length) return;
    const larger = Buffer.allocUnsafe(length);
    this.#buffer.copy(larger, 0, 0, keep);
    this.#buffer = larger;
  }

  /** Complete lines only. */
  async #applyBytes(bytes: Buffer, slice: TimeSlice): Promise<void> {
    const seam = Buffer.from(bytes.subarray(Math.max(0, bytes.length - SEAM_BYTES)));
    const length = bytes.length;
    const text = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
    // Editors on Windows like to put a byte order mark in front.
    let start = this.#offset === 0 && text.startsWith('\ufeff') ? 1 : 0;
    let isBad = false;
    while (start < text.length) {
      const end = text.indexOf('\n', start);
      isBad = this.state.applyLine(text, start, end);
      start = end + 1;
      if (this.state.lineNumber % LINES_PER_CLOCK_CHECK === 0 && slice.isOver) await slice.yield();
    }
    this.#offset += length;
    this.#seam = seam;
    const lastLine = length < 2 ? 0 : bytes.lastIndexOf(0x0a, length - 2) + 1;
    this.#badTail = isBad ? this.#offset - length + lastLine : undefined;
  }
}
