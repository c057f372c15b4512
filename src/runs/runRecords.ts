import { randomBytes } from 'node:crypto';
import { type Dirent, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TuneboardError, wordsOf } from '../core/errors.ts';
import type { RunRecord, RunState } from '../protocol/runRecord.ts';
import { Mutex, TimeSlice } from '../storage/eventLoop.ts';
import { FILE_LIMITS, readRegularFile, readRegularFileSync } from '../storage/regularFile.ts';
import { StorageError } from '../storage/storageError.ts';
import { runsMessage } from '../words/en/runs.ts';
import { makeOwnFolder, makeRunsFolder, ownFileMode, requireOwnFiles } from './ownFiles.ts';
import { findWhetherAlive } from './processIdentity.ts';
import { LONGEST_MESSAGE, parseRunRecord } from './recordSchema.ts';
import { sealed } from './recordTrust.ts';
import { RUNS_FOLDER, type RunFolder, runFolderAt } from './runFolder.ts';

/** States in which a tuner process is expected to be there. */
const ACTIVE: ReadonlySet<RunState> = new Set(['starting', 'running', 'paused', 'stopping']);

export function isActiveState(state: RunState): boolean {
  return ACTIVE.has(state);
}

/** Whether the tuner of this record is running now. Asks a program on macOS and Windows, without holding anybody up. */
export async function isAlive(record: Pick<RunRecord, 'pid' | 'processStart' | 'state'>): Promise<boolean> {
  return isActiveState(record.state) && (await findWhetherAlive(record.pid, record.processStart));
}

/** What making a folder where nothing may be written answers; Node says ENOENT of a read-only disk. */
const NOT_WRITABLE = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOENT']);

/**
 * Makes the run folder, invisible to git, readable for its account and for those who share the study's folder. Throws `not-writable` where the folder of the
 * study file may not be written to, and `unsafe-file` where one of its folders or files is a link or no file.
 */
export function createRunFolder(folder: RunFolder): void {
  try {
    mkdirSync(dirname(folder.parent), { recursive: true });
    makeRunsFolder(folder.parent);
    for (const path of [folder.path, folder.trials]) makeOwnFolder(path);
    ignoreInGit(folder);
    requireOwnFiles(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof TuneboardError || code === undefined || !NOT_WRITABLE.has(code)) throw error;
    const sentence = runsMessage('nothingCanWrittenCopyStudy', { parent: dirname(folder.parent) });
    throw new TuneboardError('not-writable', sentence);
  }
}

/** O_EXCL: an existing one, whatever it is, is left as it is. */
function ignoreInGit(folder: RunFolder): void {
  try {
    writeFileSync(join(folder.parent, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Replaces the record atomically, with a seal: a reader sees the old one or the new one. */
export function writeRunRecord(folder: RunFolder, record: RunRecord): void {
  const temporary = `${folder.record}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  const message = record.message?.slice(0, LONGEST_MESSAGE);
  const written = sealed(message === undefined ? record : { ...record, message }, folder);
  try {
    writeFileSync(temporary, `${JSON.stringify(written, null, 2)}\n`, { mode: ownFileMode(folder.path), flag: 'wx' });
    renameSync(temporary, folder.record);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * The record of a run folder (or of a `run.json`), undefined when there is none. Throws TuneboardError `bad-run-record` or
 * `newer-version`, with the reason: only a regular file of limited size in the study's folder is read.
 */
export async function readRunRecord(path: string): Promise<RunRecord | undefined> {
  const file = recordPath(path);
  try {
    return parseRunRecord(await readRegularFile(file, rulesFor(file)), file);
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

export function readRunRecordSync(path: string): RunRecord | undefined {
  const file = recordPath(path);
  try {
    return parseRunRecord(readRegularFileSync(file, rulesFor(file)), file);
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

function recordPath(path: string): string {
  return path.endsWith('.json') ? path : runFolderAt(path).record;
}

/** Neither `.tuneboard` nor a run folder in it may be a link out of the study's folder. */
function rulesFor(file: string) {
  return { within: dirname(dirname(dirname(file))), noLink: true, maxBytes: FILE_LIMITS.runRecord };
}

function undefinedIfMissing(error: unknown): undefined {
  if (!(error instanceof StorageError)) throw error;
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw new TuneboardError('bad-run-record', wordsOf(error), { cause: error });
}

/** A run folder that was found. */
export interface FoundRun {
  readonly folder: RunFolder;
  readonly record: RunRecord;
}

/** A run folder whose record cannot be used, or a folder with more runs than are looked at. */
export interface BadRun {
  readonly folder: RunFolder;
  readonly problem: TuneboardError;
}

export function isFound(run: FoundRun | BadRun): run is FoundRun {
  return 'record' in run;
}

// Folders that hold thousands of files and never a study of the person's own.
const SKIPPED = new Set(['node_modules', '__pycache__', 'site-packages', 'venv', 'env']);
const LONGEST_DEPTH = 6;
/** Bounds of one search, and how many folders or records are read at the same time. */
const MOST_ENTRIES = 200_000;
const MOST_RUNS = 10_000;
const LANES = 16;

/**
 * All runs in `folder` and the folders below it (not below hidden ones), newest first, then those whose record is bad. No
 * symbolic link is followed. Never rejects: a bad record costs its own row, and one row says where a search ended early.
 */
export async function findRunRecords(folder: string): Promise<(FoundRun | BadRun)[]> {
  const search = new RunSearch();
  await search.run(folder);
  const found = search.found.filter(isFound).sort((a, b) => b.record.startedAt - a.record.startedAt);
  const bad = search.found.filter((run): run is BadRun => !isFound(run));
  return [...found, ...bad.sort((a, b) => (a.folder.path < b.folder.path ? -1 : 1))];
}

class RunSearch {
  readonly found: (FoundRun | BadRun)[] = [];
  readonly #slice = new TimeSlice();
  readonly #parsing = new Mutex();
  #entries = 0;
  #runs: string[] = [];

  async run(root: string): Promise<void> {
    let level = [root];
    for (let depth = 0; depth <= LONGEST_DEPTH && level.length > 0; depth++) {
      const next: string[] = [];
      await inLanes(level, (path) => this.#look(path, next));
      level = next;
    }
    if (this.#entries >= MOST_ENTRIES || this.#runs.length > MOST_RUNS) {
      const most = this.#runs.length > MOST_RUNS ? `${MOST_RUNS} runs` : `${MOST_ENTRIES} files and folders`;
      const sentence = runsMessage('moreThanWhichNotAll', { root, most });
      this.#report(join(root, RUNS_FOLDER), new TuneboardError('too-many-runs', sentence));
    }
    await inLanes(this.#runs.slice(0, MOST_RUNS), (path) => this.#read(path));
  }

  async #look(folder: string, below: string[]): Promise<void> {
    for await (const entry of this.#entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.name === RUNS_FOLDER && entry.isSymbolicLink()) this.#report(path, linked(path));
      if (!entry.isDirectory()) continue;
      if (entry.name === RUNS_FOLDER) await this.#lookForRuns(path);
      else if (!entry.name.startsWith('.') && !SKIPPED.has(entry.name)) below.push(path);
    }
  }

  async #lookForRuns(runs: string): Promise<void> {
    for await (const entry of this.#entriesOf(runs)) {
      // A tuner names no run folder so: it may be the .gitignore.
      if (entry.name.startsWith('.')) continue;
      const path = join(runs, entry.name);
      if (entry.isDirectory()) this.#runs.push(path);
      else if (entry.isSymbolicLink()) this.#report(path, linked(path));
    }
  }

  async *#entriesOf(folder: string): AsyncGenerator<Dirent> {
    try {
      for await (const entry of await opendir(folder, { bufferSize: 256 })) {
        if (++this.#entries > MOST_ENTRIES || this.#runs.length > MOST_RUNS) return;
        if (this.#slice.isOver) await this.#slice.yield();
        yield entry;
      }
    } catch {
      // A folder that may not be read, or that is gone.
    }
  }

  async #read(path: string): Promise<void> {
    const folder = runFolderAt(path);
    try {
      const content = await readRegularFile(folder.record, rulesFor(folder.record));
      // One after the other, or all lanes would parse in the same turn of the event loop.
      await this.#parsing.run(async () => {
        if (this.#slice.isOver) await this.#slice.yield();
        this.found.push({ folder, record: parseRunRecord(content, folder.record) });
      });
    } catch (error) {
      this.#reportUnlessMissing(path, error);
    }
  }

  #reportUnlessMissing(path: string, error: unknown): void {
    try {
      undefinedIfMissing(error);
    } catch (problem) {
      this.#report(path, asProblem(problem));
    }
  }

  #report(path: string, problem: TuneboardError): void {
    this.found.push({ folder: runFolderAt(path), problem });
  }
}

function linked(path: string): TuneboardError {
  return new TuneboardError('bad-run-record', runsMessage('symbolicLinkWhichNotFollowed', { path }));
}

function asProblem(error: unknown): TuneboardError {
  return error instanceof TuneboardError
    ? error
    : new TuneboardError('bad-run-record', wordsOf(error), { cause: error });
}

async function inLanes<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Removes temporary files that a killed writer left beside the record. */
export function cleanRunFolder(folder: RunFolder): void {
  for (const entry of readdirSync(folder.path, { withFileTypes: true })) {
    if (entry.isFile() && /^run\.json\.\d+\.[0-9a-f]{8}\.tmp$/.test(entry.name)) {
      rmSync(join(folder.path, entry.name), { force: true });
    }
  }
}
