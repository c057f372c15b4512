import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { METRIC_NAMES, SOURCE } from '../../core/study/attributes.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { type RunFolder, runFolderOf } from '../../runs/runFolder.ts';
import { createRunFolder } from '../../runs/runRecords.ts';
import type { OnWaiting } from '../../storage/retry.ts';
import { storagePlace } from '../../storage/writableStorage.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { asCommandStudy } from '../objective/trainerObjective.ts';
import { adoptMetric, createOrResume, loadStudyToRun, openStorage, storagePlaceOf } from '../run/openStudy.ts';
import type { CommandStudyFile } from '../trials/commandSession.ts';

export interface WorkerPlace {
  /** Path of the study file; undefined: the one that the study was started from. */
  readonly studyFile: string | undefined;
  /** Undefined: the study file's own. */
  readonly storage: string | undefined;
  /** Name of the study; undefined: the study file's. */
  readonly study: string | undefined;
}

/** What a storage says of a certificate or a key that is not there. */
const NAMED_FILE = /^Cannot read .* which the storage's URL names/;

export interface OpenedWorker {
  readonly source: string;
  readonly file: CommandStudyFile;
  readonly folder: RunFolder;
  readonly log: WritableTrialLog;
  readonly record: StudyRecord;
}

/** Opens the study that a worker is to work on. The log is the caller's to close. */
export async function openWorker(place: WorkerPlace, onWaiting?: OnWaiting): Promise<OpenedWorker> {
  try {
    return await openThere(place, onWaiting);
  } catch (error) {
    const { code, message } = error as TuneboardError;
    if (code !== 'not-found' || !NAMED_FILE.test(message)) throw error;
    const words = tunerMessage('notSent', { host: hostname(), reason: wordsOf(error) });
    throw new TuneboardError('not-found', words, { cause: error });
  }
}

async function openThere(
  { studyFile, study, storage: given }: WorkerPlace,
  onWaiting?: OnWaiting,
): Promise<OpenedWorker> {
  if (studyFile === undefined) {
    if (given === undefined || study === undefined) {
      throw new TuneboardError('usage', tunerMessage('workerNeedsStudyFileStorage'));
    }
    const place = storagePlace(given, process.cwd());
    if (!('url' in place) && !existsSync(place.path)) {
      throw new TuneboardError('not-found', tunerMessage('thereNoCorrectStorageName', { path: place.path }));
    }
    const log = await openStorage(place, false, { studyName: study, onWaiting });
    return closingOnError(log, async () => {
      const source = sourceIn(log, study);
      return opened(log, source, await fileOf(source, study));
    });
  }
  const source = resolve(studyFile);
  const file = await fileOf(source, study);
  const folder = runFolderOf(source, file.name);
  if (given === undefined) createRunFolder(folder);
  const log = await openStorage(
    given === undefined ? storagePlaceOf(file.storage, source, folder) : storagePlace(given, process.cwd()),
    false,
    { studyName: file.name, onWaiting },
  );
  return closingOnError(log, () => opened(log, source, file));
}

async function opened(log: WritableTrialLog, source: string, given: CommandStudyFile): Promise<OpenedWorker> {
  const file = adoptMetric(log, given);
  const record = await createOrResume(log, file);
  const metrics = record.systemAttrs[METRIC_NAMES];
  if (Array.isArray(metrics) && metrics.join() !== file.metrics.join()) {
    throw new TuneboardError(
      'metrics-changed',
      tunerMessage('studyMeasuresStudyFileCorrect', {
        name: file.name,
        location: log.location,
        metrics: metrics.join(', '),
        metrics2: file.metrics.join(', '),
      }),
    );
  }
  const folder = runFolderOf(source, file.name);
  createRunFolder(folder);
  return { source, file, folder, log, record };
}

async function fileOf(source: string, study: string | undefined): Promise<CommandStudyFile> {
  const loaded = await loadStudyToRun(source);
  const file = { ...loaded, name: study ?? loaded.name };
  const command = asCommandStudy(file, source);
  if (command) return command;
  throw new TuneboardError('usage', tunerMessage('runsOptunaScriptWhichAsks', { source }));
}

function sourceIn(log: WritableTrialLog, name: string): string {
  const record = log.studies().find((study) => study.name === name);
  if (!record) {
    throw new TuneboardError('no-study', tunerMessage('noStudyNamedCorrectName', { location: log.location, name }));
  }
  const source = record.userAttrs[SOURCE];
  if (typeof source === 'string' && existsSync(source)) return source;
  throw new TuneboardError(
    'usage',
    typeof source === 'string'
      ? tunerMessage('studyStartedWhichNotMachine', { name, source })
      : tunerMessage('doesNotSayWhichFile', { location: log.location, name }),
  );
}

async function closingOnError<T>(log: WritableTrialLog, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await log.close();
    throw error;
  }
}
