import { randomInt } from 'node:crypto';
import { lstatSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TuneboardError } from '../../core/errors.ts';
import { METRIC_NAMES, SCRIPT, SEED, SOURCE } from '../../core/study/attributes.ts';
import type { JsonValue } from '../../core/study/changes.ts';
import { Direction } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { MOST_SITE_MB } from '../../language/sites/siteReference.ts';
import type { RunFolder } from '../../runs/runFolder.ts';
import { readSourceIn } from '../../runs/siteFile.ts';
import type { OnWaiting } from '../../storage/retry.ts';
import {
  openWritableStorage,
  type StoragePlace,
  storagePlace,
  type WritableOptions,
} from '../../storage/writableStorage.ts';
import type { StudyFileProblem } from '../../studyfile/checks/problems.ts';
import { parseStudyFile } from '../../studyfile/parseStudyFile.ts';
import type { StudyFile } from '../../studyfile/studyFile.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { SessionEvents } from './events.ts';
import type { SessionHost } from './session.ts';

/** A study file that cannot be run; `lines` has one `path:line:column: message` a finding, errors first. */
export class StudyFileError extends TuneboardError {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
    super('bad-study-file', `${lines[0]}${more}`);
    this.lines = lines;
  }
}

/** Reads and validates a study file. Throws `not-found` and StudyFileError. */
export function loadStudyFile(path: string): StudyFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TuneboardError('not-found', tunerMessage('cannotRead', { path, error: systemReason(error) }), {
      cause: error,
    });
  }
  const defaultName = basename(path).replace(/(\.study)?\.ya?ml$/i, '') || 'study';
  const source = text.replace(/^\uFEFF/, '');
  const { file, problems } = parseStudyFile(source, defaultName);
  if (file) return file;
  const errors = problems.filter(({ severity }) => severity === 'error');
  throw new StudyFileError(errors.map((problem) => problemLine(path, text, problem)));
}

/** The same of a study that is to run: what its `at` keys name has to be there too. */
export async function loadStudyToRun(path: string): Promise<StudyFile> {
  const file = loadStudyFile(path);
  if (file.sites.size === 0) return file;
  const text = readFileSync(path, 'utf8');
  const { siteProblems } = await import('../../language/door.ts');
  const readBeside = (name: string) => readSourceIn(dirname(path), name, MOST_SITE_MB << 20);
  const errors = siteProblems(text.replace(/^\uFEFF/, ''), readBeside);
  if (errors.length === 0) return file;
  throw new StudyFileError(errors.map((problem) => problemLine(path, text, problem)));
}

function problemLine(path: string, text: string, { start, message }: StudyFileProblem): string {
  const before = text.slice(0, start).split('\n');
  return `${path}:${before.length}:${(before.at(-1) as string).length + 1}: ${message}`;
}

function systemReason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  return code === 'EACCES' || code === 'EPERM' ? 'permission denied' : (code ?? String(error));
}

/** Where a study file wants its trials. Throws `unsupported-storage`. */
export function storagePlaceOf(storage: string, source: string, folder: RunFolder): StoragePlace {
  return storage === 'journal' ? journalPlace(folder) : storagePlace(storage, dirname(source));
}

export function journalPlace(folder: RunFolder): StoragePlace {
  return { kind: 'journal', path: folder.journal };
}

/** Opens it for writing, made if missing. `isAfterCrash`: the last tuner on it died and may have left a journal's lock. */
export function openStorage(
  place: StoragePlace,
  isAfterCrash: boolean,
  options: Pick<WritableOptions, 'studyName' | 'onWaiting'> = {},
): Promise<WritableTrialLog> {
  return openWritableStorage(place, { ...options, beforeJournal: isAfterCrash ? removeDeadLock : undefined });
}

/** What a tuner does when its server is away: it says so, and its run record does. */
export function sayWaiting(host: SessionHost, events: SessionEvents): OnWaiting {
  return (sentence, isOver) => {
    host.waitFor(isOver ? undefined : sentence);
    host.note(sentence.text);
    events.note?.(sentence.text);
  };
}

/** What may cost the study its trials, once at its start. */
export function sayRisks({ risks = [] }: WritableTrialLog, host: SessionHost, events: SessionEvents): void {
  for (const risk of risks) {
    host.note(risk);
    events.note?.(risk);
  }
}

/**
 * A lock that a killed tuner left would only be broken after 30 seconds. A live writer holds it for milliseconds and
 * changes the journal: where the same lock stands for a second over an unchanged journal, its owner is the dead tuner.
 */
async function removeDeadLock(path: string): Promise<void> {
  const lock = `${path}.lock`;
  const before = lockState(path, lock);
  if (before === undefined) return;
  await sleep(1000);
  if (lockState(path, lock) !== before) return;
  const moved = `${lock}${process.pid}.rename`;
  try {
    renameSync(lock, moved);
    rmSync(moved, { force: true });
  } catch {
    // Somebody else has broken it.
  }
}

function lockState(path: string, lock: string): string | undefined {
  try {
    const { ino, ctimeNs } = lstatSync(lock, { bigint: true });
    const { size, mtimeNs } = statSync(path, { bigint: true });
    return [ino, ctimeNs, size, mtimeNs].join(':');
  } catch {
    return undefined;
  }
}

/** A study file that names no metric, with those that its study has; the file as it is where the study is not there. */
export function adoptMetric<T extends StudyFile>(log: WritableTrialLog, file: T): T {
  const study = file.metrics.length > 0 ? undefined : log.studies().find(({ name }) => name === file.name);
  const metrics = study?.systemAttrs[METRIC_NAMES];
  const isKnown = study && Array.isArray(metrics) && metrics.every((name) => typeof name === 'string');
  return isKnown ? { ...file, metrics, directions: study.directions } : file;
}

/** Finds the study in the log or creates it. Throws `directions-changed` when it exists with other directions. */
export async function createOrResume(log: WritableTrialLog, file: StudyFile): Promise<StudyRecord> {
  if (file.directions.length === 0) {
    throw new TuneboardError('no-metric', tunerMessage('studyWithoutMetric', { name: file.name }));
  }
  const existing = log.studies().find((study) => study.name === file.name);
  const study = existing ?? (await createStudy(log, file));
  if (study.directions.join() !== file.directions.join()) {
    throw new TuneboardError(
      'directions-changed',
      tunerMessage('studyMadeStudyFileSays', {
        name: file.name,
        location: log.location,
        directions: describe(study.directions),
        directions2: describe(file.directions),
      }),
    );
  }
  return study;
}

async function createStudy(log: WritableTrialLog, file: StudyFile): Promise<StudyRecord> {
  try {
    return await log.createStudy({ name: file.name, directions: file.directions });
  } catch (error) {
    if ((error as TuneboardError).code !== 'duplicate-study') throw error;
    await log.refresh();
    const study = log.studies().find(({ name }) => name === file.name);
    if (!study) throw error;
    return study;
  }
}

function describe(directions: readonly Direction[]): string {
  return directions.map((direction) => (direction === Direction.maximize ? 'maximize' : 'minimize')).join(', ');
}

/** The seed that the study keeps over all its runs: the one asked for, the one that it has, or a new one. */
export async function settleSeed(log: WritableTrialLog, study: StudyRecord, wanted: number | null): Promise<number> {
  const kept = study.systemAttrs[SEED];
  const seed = wanted ?? (typeof kept === 'number' ? kept : randomInt(2 ** 31));
  await setIfChanged(log, study, 'system', SEED, seed);
  return seed;
}

/** Writes what Tuneboard and Optuna's tools want to know about the study. */
export async function describeStudy(
  log: WritableTrialLog,
  study: StudyRecord,
  { metrics, source, script }: { metrics: readonly string[]; source: string; script: string | undefined },
): Promise<void> {
  await setIfChanged(log, study, 'system', METRIC_NAMES, [...metrics]);
  await setIfChanged(log, study, 'user', SOURCE, source);
  if (script !== undefined) await setIfChanged(log, study, 'user', SCRIPT, script);
}

async function setIfChanged(
  log: WritableTrialLog,
  study: StudyRecord,
  kind: 'user' | 'system',
  key: string,
  value: JsonValue,
): Promise<void> {
  const attrs = kind === 'user' ? study.userAttrs : study.systemAttrs;
  if (JSON.stringify(attrs[key]) !== JSON.stringify(value)) await log.setStudyAttr(study, kind, key, value);
}
