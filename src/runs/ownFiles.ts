/**
 * Writing into a run folder. The folder may have been cloned or unpacked with whatever a stranger put into it, so nothing
 * is written through what stands where a file of ours belongs: not through a link (a symbolic one, or a second name of a
 * file elsewhere), a named pipe or a device. Each function throws TuneboardError `unsafe-file` instead, with the path and
 * what to do.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { TuneboardError } from '../core/errors.ts';
import { runsMessage } from '../words/en/runs.ts';
import type { RunFolder } from './runFolder.ts';

const WRITE_FLAGS = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Makes a folder in an existing parent: for this account, and to be read by those who may read the parent. An existing
 * folder is kept; a link in its place is refused.
 */
export function makeOwnFolder(path: string, mode = 0o700 | (modeOf(dirname(path)) & 0o055)): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!lstatSync(path).isDirectory()) throw unsafe(path, lstatSync(path));
  }
}

/**
 * Makes `.tuneboard`, for this account alone. Where a group may write the folder of the study, others of the group run
 * studies there too: they may write `.tuneboard` as well, and read the runs in it.
 */
export function makeRunsFolder(path: string): void {
  makeOwnFolder(path, 0o700);
  const outer = modeOf(dirname(path));
  const isShared = (outer & GROUP_WRITES) !== 0 && (modeOf(path) & GROUP_WRITES) === 0;
  if (isShared && lstatSync(path).uid === process.getuid?.()) chmodSync(path, (outer & 0o3777) | STICKY);
}

const GROUP_WRITES = 0o020;
/** In such a folder nobody but its owner renames or deletes a run. */
const STICKY = 0o1000;

/** The mode of a new file in a folder. */
export function ownFileMode(folder: string): number {
  return 0o600 | (modeOf(folder) & 0o044);
}

function modeOf(folder: string): number {
  return statSync(folder).mode;
}

/** Opens a file for writing, made where it is missing. Returns its descriptor. */
export function openOwnFile(path: string, how: 'empty' | 'append'): number {
  requireOwnFile(path);
  const fd = openSync(path, WRITE_FLAGS | (how === 'append' ? constants.O_APPEND : 0), ownFileMode(dirname(path)));
  try {
    const stat = fstatSync(fd);
    if (!isOwnFile(stat)) throw unsafe(path, stat);
    if (how === 'empty') ftruncateSync(fd, 0);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Replaces or extends the content of a file. */
export function writeOwnFile(path: string, content: string | Uint8Array, how: 'empty' | 'append' = 'empty'): void {
  const fd = openOwnFile(path, how);
  try {
    const bytes = Buffer.from(content);
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } finally {
    closeSync(fd);
  }
}

/** Of all that a run writes under fixed names: one sentence before it begins is clearer than a log that stays empty. */
export function requireOwnFiles(folder: RunFolder): void {
  for (const path of [folder.record, folder.journal, folder.tunerLog, folder.scriptLog]) requireOwnFile(path);
  for (const path of [folder.trials, folder.checkpoints, folder.workers]) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw unsafe(path, stat);
  }
}

function requireOwnFile(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat && !isOwnFile(stat)) throw unsafe(path, stat);
}

/** Windows counts no second names on some disks: 0. */
function isOwnFile(stat: Stats): boolean {
  return stat.isFile() && stat.nlink <= 1;
}

function unsafe(path: string, stat: Stats): TuneboardError {
  const what = stat.isSymbolicLink()
    ? runsMessage('symbolicLink')
    : stat.isDirectory()
      ? runsMessage('folder')
      : stat.isFile()
        ? runsMessage('secondName')
        : runsMessage('noRegularFile');
  return new TuneboardError('unsafe-file', runsMessage('whichNothingWrittenDeleteStart', { path, what }));
}
