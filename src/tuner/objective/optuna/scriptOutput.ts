import { dirname } from 'node:path';
import { makeOwnFolder } from '../../../runs/ownFiles.ts';
import { type RunFolder, trialOutputPath } from '../../../runs/runFolder.ts';
import { OutputFile } from '../metrics/outputFile.ts';
import type { OutputTag } from './markSplitter.ts';

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
