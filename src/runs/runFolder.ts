import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Absolute paths of one study's run folder (see src/protocol/runRecord.ts for what each file holds). */
export interface RunFolder {
  readonly path: string;
  /** The `.tuneboard` folder that the run folder is in. */
  readonly parent: string;
  readonly record: string;
  readonly journal: string;
  readonly tunerLog: string;
  readonly scriptLog: string;
  readonly trials: string;
  /** The code that each run started with (codeState.ts). */
  readonly code: string;
  /** A folder for each trial that a scheduler trains in parts. */
  readonly checkpoints: string;
  /** What the workers of a cluster print besides, a file each. */
  readonly workers: string;
}

export const RUNS_FOLDER = '.tuneboard';

/**
 * The run folder of a study that was started from `source` (absolute path of a study file, script or notebook). Where
 * another account of this machine has run the study in a folder that this one may not write, this one has a folder beside it.
 */
export function runFolderOf(source: string, studyName: string): RunFolder {
  const path = join(dirname(source), RUNS_FOLDER, folderName(studyName));
  return runFolderAt(isOfAnother(path) ? `${path}${OF_ACCOUNT}${accountName()}` : path);
}

/** Stands between a study and the account in the name of a run folder. */
const OF_ACCOUNT = '@';

function isOfAnother(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' && lstatSync(path).uid !== process.getuid?.();
  }
}

/** The name that this account has on this machine, its number where it has none (in some containers). */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 0);
  }
}

/** The account that runs a study, where it is not this one. */
export function otherAccount({ user }: { readonly user?: string }): string | null {
  return user === undefined || user === accountName() ? null : user;
}

export function runFolderAt(path: string): RunFolder {
  return {
    path,
    parent: dirname(path),
    record: join(path, 'run.json'),
    journal: join(path, 'journal.log'),
    tunerLog: join(path, 'tuner.log'),
    scriptLog: join(path, 'script.log'),
    trials: join(path, 'trials'),
    code: join(path, 'code'),
    checkpoints: join(path, 'checkpoints'),
    workers: join(path, 'workers'),
  };
}

/**
 * Where a trial's output is. A script may make several studies, and a later run of it other ones: those whose name is
 * not the run's have a folder of their own.
 */
export function trialOutputPath(folder: RunFolder, number: number, storedName?: string): string {
  if (storedName === undefined) return join(folder.trials, `${number}.log`);
  const name = folderName(storedName);
  const isOwn = `${basename(folder.path)}${OF_ACCOUNT}`.startsWith(`${name}${OF_ACCOUNT}`);
  return join(folder.trials, isOwn ? '' : name, `${number}.log`);
}

/** The name that a script or notebook is run under: its file name with extension. */
export function scriptStudyName(source: string): string {
  return basename(source);
}

// Reserved device names of Windows, with or without an extension.
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * A folder name that every file system accepts and that differs for different studies: the name itself where it is
 * harmless, else a cleaned form with a hash of the name.
 */
export function folderName(studyName: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const cleaned = studyName.replace(/[<>:"/\\|?*\u0000-\u001f]/g, '_').replace(/(?<![. ])[. ]+$/, '_');
  const short = Array.from(cleaned).slice(0, 60).join('');
  if (short === studyName && short !== '' && !short.startsWith('.') && !RESERVED.test(short)) return short;
  const hash = createHash('sha256').update(studyName).digest('hex').slice(0, 8);
  return `${short.replace(/^\.+/, '_')}-${hash}`;
}
