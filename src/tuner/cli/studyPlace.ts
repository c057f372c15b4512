import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { TuneboardError } from '../../core/errors.ts';
import { isOwnRecord, recordedStorage, studyFolderOf } from '../../runs/recordTrust.ts';
import { otherAccount, RUNS_FOLDER, runFolderOf } from '../../runs/runFolder.ts';
import { type BadRun, type FoundRun, findRunRecords, isAlive, isFound } from '../../runs/runRecords.ts';
import { remoteKindOf, storageUrl } from '../../storage/kinds.ts';
import { expandEnvironment, withoutPassword } from '../../storage/sql/connect/serverUrl.ts';
import { loadStudyFile, storagePlaceOf } from '../run/openStudy.ts';
import { UsageError } from './exitCodes.ts';

export interface StudyPlace {
  /** Path or URL of a storage. */
  readonly location: string;
  /** Set where a record that may be a stranger's names the storage: only a file in this folder is opened. */
  readonly within?: string;
  /** The study in it that is meant; undefined where only a storage was named. */
  readonly study: string | undefined;
}

const STUDY_FILE = /\.study\.ya?ml$/i;
const STARTED = /\.(py|ipynb)$/i;

/**
 * Where the trials are that a person means: of a study file, a script or a notebook, and of the name of a study that was
 * run below this folder, what its newest run says; anything else is a storage itself. `wanted`: the study that was named
 * besides. `trust`: records found here are believed without a seal. Throws `not-run` for a file whose
 * study has no trials yet, and `needs-trust`.
 */
export async function studyPlace(target: string, wanted: string | undefined, trust: boolean): Promise<StudyPlace> {
  const isFile = existsSync(target);
  const isSource = isFile && (STUDY_FILE.test(target) || STARTED.test(target));
  if (!isSource && (isFile || /[/\\:.]/.test(target))) return { location: target, study: wanted };
  const runs = (await runsFor(target)).filter(isFound).filter(({ record }) => record.storage !== null);
  const newest = runs.sort((a, b) => b.record.startedAt - a.record.startedAt)[0];
  if (newest) return placeOf(newest, wanted, trust);
  if (!isFile) return { location: target, study: wanted };
  const declared = STUDY_FILE.test(target) ? declaredPlace(resolve(target)) : undefined;
  if (declared) return { ...declared, study: wanted ?? declared.study };
  throw new TuneboardError(
    'not-run',
    `${basename(target)} has not been run here yet: start it with "tuneboard run ${target}".`,
  );
}

/** A record never has the password of a server: the study file may say where that is. */
async function placeOf(run: FoundRun, wanted: string | undefined, trust: boolean): Promise<StudyPlace> {
  const { record } = run;
  const study = wanted ?? record.storedName ?? record.studyName;
  const storage = record.storage as string;
  const access = accessTo(run, trust);
  if (access && 'within' in access) return { ...access, study };
  await requireTrust(run, trust, `its trials are in ${withoutPassword(storage)}`);
  if (!remoteKindOf(storage)?.takesPassword || !STUDY_FILE.test(record.source) || !existsSync(record.source))
    return { location: storage, study };
  const declared = declaredPlace(record.source)?.location;
  return {
    location:
      declared !== undefined && storageUrl(expandEnvironment(declared))?.location === storage ? declared : storage,
    study,
  };
}

/** The storage that a study file names, if there is one yet: another machine may have run it. */
function declaredPlace(path: string): StudyPlace | undefined {
  const file = loadStudyFile(path);
  if (file.objective.kind === 'optuna') return undefined;
  const place = storagePlaceOf(file.storage, path, runFolderOf(path, file.name));
  if ('url' in place) return { location: file.storage, study: file.name };
  return existsSync(place.path) ? { location: place.path, study: file.name } : undefined;
}

/** What a run record that this user's tuners did not write may make the command line do: nothing, before the person agrees. */
/** How a recorded storage is opened: as if the person had named it, or only as a file `within` the study's folder. */
export interface AllowedStorage {
  readonly location: string;
  readonly within?: string;
}

export interface RefusedStorage {
  /** Where it is and what opens it, in few words. */
  readonly refused: string;
}

/** Null: the run did not know its storage. `isTrusted`: the person has agreed, or the run's own tuner has said it. */
export function accessTo({ folder, record }: FoundRun, isTrusted: boolean): AllowedStorage | RefusedStorage | null {
  const storage = recordedStorage(record, folder);
  if (storage === null) return null;
  if (isTrusted || isOwnRecord(record, folder)) return { location: record.storage as string };
  if (storage.place === 'inside') return { location: storage.path, within: studyFolderOf(folder) };
  return { refused: storage.place === 'server' ? 'on a server: --trust opens it' : 'elsewhere: --trust opens it' };
}

/** Throws `needs-trust` unless the record is this user's own, `--trust` was given, or the person at the terminal agrees. */
export async function requireTrust(run: FoundRun, trust: boolean, what: string): Promise<void> {
  if (trust || isOwnRecord(run.record, run.folder)) return;
  const sentence = `The record of study "${run.record.studyName}" was not written by you here, and ${what}`;
  if (await agrees(`${sentence}.`)) return;
  throw new TuneboardError('needs-trust', `${sentence}: add --trust if you trust ${run.folder.path}.`);
}

/** Asks the person at the terminal. False where there is none. */
export async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // What a record says is printed: no control character of it reaches the terminal.
    const shown = question.replace(/[^\P{C}\n]/gu, ' ');
    return /^y(es)?$/i.test((await terminal.question(`${shown}\nGo on? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/**
 * The run that a person means: a study's name, the file it was started from, a folder, or nothing (the one run below the
 * current folder that `isWanted`). Throws UsageError when there is none or more than one.
 */
export async function chooseRun(
  target: string | undefined,
  isWanted: (run: FoundRun) => boolean | Promise<boolean>,
  what: string,
): Promise<FoundRun> {
  const runs = await runsFor(target);
  const all: FoundRun[] = [];
  for (const run of runs.filter(isFound)) if (await isWanted(run)) all.push(run);
  const own = all.filter(({ record }) => otherAccount(record) === null);
  const wanted = own.length > 0 ? own : all;
  if (wanted.length === 1) return wanted[0] as FoundRun;
  if (wanted.length > 1) {
    throw new UsageError(
      `Several studies ${what}: name one of ${wanted.map(({ record }) => `"${record.studyName}"`).join(', ')}.`,
    );
  }
  const where = target === undefined ? `below ${process.cwd()}` : `for ${target}`;
  throw new UsageError(`No study ${what} ${where}.`);
}

/** All runs that a target can mean, those whose record is bad among them where it is a folder. */
export async function runsFor(target: string | undefined): Promise<(FoundRun | BadRun)[]> {
  if (target === undefined) return findRunRecords(process.cwd());
  const path = resolve(target);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    const isRun = basename(dirname(path)) === RUNS_FOLDER;
    return isRun
      ? (await findRunRecords(dirname(dirname(path)))).filter(({ folder }) => folder.path === path)
      : findRunRecords(path);
  }
  if (stat)
    return (await findRunRecords(dirname(path))).filter(
      (run) => isFound(run) && (run.record.source === path || run.record.script === path),
    );
  return (await findRunRecords(process.cwd())).filter((run) => isFound(run) && run.record.studyName === target);
}

export function isRunning({ record }: FoundRun): Promise<boolean> {
  return isAlive(record);
}
