import { randomBytes } from 'node:crypto';
import {
  type Dirent,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TuneboardError } from '../core/errors.ts';
import { RUN_RECORD_VERSION, type RunRecord, type RunState } from '../protocol/runRecord.ts';
import { isProcessAlive } from './processIdentity.ts';
import { RUNS_FOLDER, type RunFolder, runFolderAt } from './runFolder.ts';

/** States in which a tuner process is expected to be there. */
const ACTIVE: ReadonlySet<RunState> = new Set(['starting', 'running', 'paused', 'stopping']);

export function isActiveState(state: RunState): boolean {
  return ACTIVE.has(state);
}

/** Whether the tuner of this record is running now. May start a program on macOS and Windows: not for a hot path. */
export function isAlive(record: Pick<RunRecord, 'pid' | 'processStart' | 'state'>): boolean {
  return isActiveState(record.state) && isProcessAlive(record.pid, record.processStart);
}

/** What making a folder where nothing may be written answers; Node says ENOENT of a read-only disk. */
const NOT_WRITABLE = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOENT']);

/**
 * Makes the run folder, readable for its owner only and invisible to git. Throws `not-writable` where the folder of the
 * study file may not be written to.
 */
export function createRunFolder(folder: RunFolder): void {
  try {
    mkdirSync(folder.trials, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder.parent, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && existsSync(folder.trials)) return;
    if (code === undefined || !NOT_WRITABLE.has(code)) throw error;
    const sentence = `Nothing can be written to ${dirname(folder.parent)}: copy the study and its code into a folder of yours.`;
    throw new TuneboardError('not-writable', sentence);
  }
}

/** Replaces the record atomically: a reader sees the old one or the new one. */
export function writeRunRecord(folder: RunFolder, record: RunRecord): void {
  const temporary = `${folder.record}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, folder.record);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The record of a run folder (or of a `run.json`), undefined when there is none. Throws when it is not one of ours. */
export async function readRunRecord(path: string): Promise<RunRecord | undefined> {
  const file = recordPath(path);
  try {
    return parseRunRecord(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function readRunRecordSync(path: string): RunRecord | undefined {
  const file = recordPath(path);
  try {
    return parseRunRecord(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function recordPath(path: string): string {
  return path.endsWith('.json') ? path : runFolderAt(path).record;
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function parseRunRecord(text: string, file: string): RunRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new TuneboardError('bad-run-record', `${file} is not a run record: delete it and start the study again.`);
  }
  const record = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Partial<RunRecord>;
  if (typeof record.version === 'number' && record.version > RUN_RECORD_VERSION) {
    throw new TuneboardError('newer-version', `${file} was written by a newer Tuneboard: update this one.`);
  }
  const isComplete =
    typeof record.version === 'number' &&
    typeof record.pid === 'number' &&
    typeof record.processStart === 'string' &&
    typeof record.studyName === 'string' &&
    typeof record.source === 'string' &&
    typeof record.socket === 'string' &&
    typeof record.token === 'string' &&
    typeof record.state === 'string' &&
    typeof record.budget === 'object' &&
    record.budget !== null;
  if (!isComplete) {
    throw new TuneboardError('bad-run-record', `${file} is not a run record: delete it and start the study again.`);
  }
  return record as RunRecord;
}

export interface FoundRun {
  readonly folder: RunFolder;
  readonly record: RunRecord;
}

// Folders that hold thousands of files and never a study of the person's own.
const SKIPPED = new Set(['node_modules', '__pycache__', 'site-packages', 'venv', 'env']);
const LONGEST_DEPTH = 6;

/** All run records in `folder` and the folders below it (not below hidden ones). Unreadable records are left out. */
export async function findRunRecords(folder: string): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  await searchFolder(folder, 0, found);
  return found.sort((a, b) => b.record.startedAt - a.record.startedAt);
}

async function searchFolder(folder: string, depth: number, found: FoundRun[]): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    if (entry.name === RUNS_FOLDER) await readRunsFolder(path, found);
    else if (!entry.name.startsWith('.') && !SKIPPED.has(entry.name) && depth < LONGEST_DEPTH) {
      await searchFolder(path, depth + 1, found);
    }
  }
}

async function readRunsFolder(path: string, found: FoundRun[]): Promise<void> {
  const names = await readdir(path).catch(() => []);
  for (const name of names) {
    const folder = runFolderAt(join(path, name));
    const record = await readRunRecord(folder.path).catch(() => undefined);
    if (record) found.push({ folder, record });
  }
}

/** Removes temporary files that a killed writer left beside the record. */
export function cleanRunFolder(folder: RunFolder): void {
  for (const name of readdirSync(folder.path)) {
    if (/^run\.json\.\d+\..*\.tmp$/.test(name)) rmSync(join(folder.path, name), { force: true });
  }
}
