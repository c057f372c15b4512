import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { runFolderOf } from '../../runs/runFolder.ts';
import { type FoundRun, isFound } from '../../runs/runRecords.ts';
import { remoteKindOf, storageUrl } from '../../storage/kinds.ts';
import { expandEnvironment, withoutPassword } from '../../storage/sql/connect/serverUrl.ts';
import { loadStudyFile, storagePlaceOf } from '../run/openStudy.ts';
import { runsFor } from './chooseRun.ts';
import { accessTo, requireTrust } from './consent.ts';

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
