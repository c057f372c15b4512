import { dirname } from 'node:path';
import { makeOwnFolder } from '../../../runs/ownFiles.ts';
import { type RunFolder, trialOutputPath } from '../../../runs/runFolder.ts';
import { OutputFile } from '../metrics/outputFile.ts';

/** Trial files that stay open at once; the ones that ended longest ago are closed first. */
const MOST_OPEN = 32;
/** A script that names more trials than this without ending them gets no further files: the rest is in script.log. */
const MOST_FILES = 256;
/** Output of a study that has not told its name yet is kept up to this many bytes. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/**
 * The output files of a script: each trial's own, and script.log for what belongs to none. The name of a study travels
 * on another connection than the output: bytes that are faster wait for it.
 */
export class ScriptOutput {
  readonly #folder: RunFolder;
  readonly #script: OutputFile;
  readonly #names = new Map<number, string>();
  readonly #files = new Map<string, OutputFile>();
  readonly #closed = new Set<string>();
  readonly #ended = new Set<string>();
  #waiting: { readonly tag: OutputTag; readonly bytes: Buffer }[] = [];
  #waitingBytes = 0;

  constructor(folder: RunFolder) {
    this.#folder = folder;
    makeOwnFolder(folder.trials);
    this.#script = new OutputFile(folder.scriptLog);
  }

  /** Tells the name of a study, by the number that the launcher gave it. */
  name(study: number, name: string): void {
    this.#names.set(study, name);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { tag, bytes } of waiting) this.write(tag, bytes);
  }

  write(tag: OutputTag | null, bytes: Buffer): void {
    const name = tag === null ? undefined : this.#names.get(tag.study);
    if (tag !== null && name !== undefined) this.#fileOf(tag, name).write(bytes);
    else if (tag === null || this.#waitingBytes > MOST_WAITING_BYTES) this.#script.write(bytes);
    else {
      this.#waiting.push({ tag, bytes });
      this.#waitingBytes += bytes.length;
    }
  }

  /** The trial is finished; its last lines may still arrive. */
  ended(tag: OutputTag): void {
    this.#ended.add(keyOf(tag));
  }

  close(): void {
    for (const { bytes } of this.#waiting) this.#script.write(bytes);
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
    this.#script.close();
  }

  #fileOf(tag: OutputTag, name: string): OutputFile {
    const key = keyOf(tag);
    const known = this.#files.get(key);
    if (known) return known;
    // A file that was closed is complete: opening it again would empty it.
    if (this.#closed.has(key)) return this.#script;
    this.#closeOldest();
    if (this.#files.size >= MOST_FILES) return this.#script;
    const path = trialOutputPath(this.#folder, tag.number, name);
    try {
      makeOwnFolder(dirname(path));
    } catch {
      // OutputFile records why it cannot write.
    }
    const file = new OutputFile(path);
    this.#files.set(key, file);
    return file;
  }

  #closeOldest(): void {
    for (const [key, file] of this.#files) {
      if (this.#files.size < MOST_OPEN) return;
      if (!this.#ended.delete(key)) continue;
      file.close();
      this.#files.delete(key);
      this.#closed.add(key);
    }
  }
}

function keyOf({ study, number }: OutputTag): string {
  return `${study}.${number}`;
}

/** Where the following bytes of a script's output belong: a trial of one of its studies. */
interface OutputTag {
  /** The number that the launcher gave the study. */
  readonly study: number;
  readonly number: number;
}

const RECORD_SEPARATOR = 0x1e;
const UNIT_SEPARATOR = 0x1f;
/** Longest mark that is waited for, in bytes; anything longer is ordinary output. */
const LONGEST_MARK = 96;

/**
 * Cuts one stream at the marks that the launcher puts into it (`RS tuneboard:NONCE:TAG US`) and takes them out. A mark
 * may arrive in pieces. Bytes that only look like the beginning of one are passed on unchanged.
 */
export class MarkSplitter {
  readonly #prefix: Buffer;
  readonly #onBytes: (tag: OutputTag | null, bytes: Buffer) => void;
  #tag: OutputTag | null = null;
  #held = Buffer.alloc(0);

  constructor(nonce: string, onBytes: (tag: OutputTag | null, bytes: Buffer) => void) {
    this.#prefix = Buffer.from(`\u001etuneboard:${nonce}:`);
    this.#onBytes = onBytes;
  }

  push(chunk: Buffer): void {
    let bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = Buffer.alloc(0);
    for (let from = 0; ; ) {
      const start = bytes.indexOf(this.#prefix, from);
      const mark = start < 0 ? 'none' : this.#markAt(bytes, start);
      if (mark === 'no') from = start + 1;
      else if (typeof mark === 'object') {
        this.#emit(bytes.subarray(0, start));
        this.#tag = mark.tag;
        bytes = bytes.subarray(mark.end);
        from = 0;
      } else {
        const end = mark === 'incomplete' ? start : this.#partAt(bytes);
        this.#emit(bytes.subarray(0, end));
        this.#held = Buffer.from(bytes.subarray(end));
        return;
      }
    }
  }

  end(): void {
    this.#emit(this.#held);
    this.#held = Buffer.alloc(0);
  }

  /** Where the beginning of a mark is that the bytes end with; their length where there is none. */
  #partAt(bytes: Buffer): number {
    const start = bytes.lastIndexOf(RECORD_SEPARATOR);
    const isPart = start >= 0 && this.#prefix.subarray(0, bytes.length - start).equals(bytes.subarray(start));
    return isPart ? start : bytes.length;
  }

  /** The mark at `start`, where the prefix is. */
  #markAt(bytes: Buffer, start: number): { tag: OutputTag | null; end: number } | 'no' | 'incomplete' {
    const found = bytes.subarray(start, start + LONGEST_MARK).indexOf(UNIT_SEPARATOR);
    if (found < 0) return bytes.length - start > LONGEST_MARK ? 'no' : 'incomplete';
    const end = start + found;
    const text = bytes.toString('latin1', start + this.#prefix.length, end);
    if (text === '-') return { tag: null, end: end + 1 };
    const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
    return match ? { tag: { study: Number(match[1]), number: Number(match[2]) }, end: end + 1 } : 'no';
  }

  #emit(bytes: Buffer): void {
    if (bytes.length > 0) this.#onBytes(this.#tag, bytes);
  }
}
