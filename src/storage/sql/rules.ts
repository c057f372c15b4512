/** What Optuna refuses in a study, said in one sentence, and which trials it takes. */
import { PAUSED } from '../../core/study/attributes.ts';
import type { StoredParam, TrialChange } from '../../core/study/changes.ts';
import { isFinished } from '../../core/study/states.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import { storageMessage } from '../../words/en/storage.ts';
import { StorageError, studyReplaced } from '../storageError.ts';
import type { RdbStudy } from './read/studyTracker.ts';

export function duplicateStudy(location: string, name: string): StorageError {
  return new StorageError('duplicate-study', storageMessage('alreadyStudyNamedResumeChoose', { path: location, name }));
}

export function noStudy(location: string, name: string): StorageError {
  return new StorageError('no-study', storageMessage('noStudyNamedAnyMore', { location, name }));
}

export function studyNamed(location: string, studies: readonly RdbStudy[], name: string): RdbStudy {
  const study = studies.find((other) => other.name === name);
  if (study) return study;
  throw noStudy(location, name);
}

/** Throws when another history stands for the study by now, which is `current`. */
export function requireCurrent(location: string, study: StudyRecord, current: RdbStudy): RdbStudy {
  if (current === study) return current;
  throw studyReplaced(location, study);
}

export function finishedTrial(location: string, study: RdbStudy, number: number): StorageError {
  return new StorageError(
    'finished-trial',
    storageMessage('trialStudyFinishedCannotChange', { number, name: study.name, path: location }),
  );
}

/** Throws when one of the changes is to a trial that is finished or unknown, or a parameter is of another kind. */
export function requireWritable(location: string, study: RdbStudy, changes: readonly TrialChange[]): void {
  const ended = new Set<number>();
  for (const change of changes) {
    const { number } = change;
    if (study.trialIds[number] === undefined) {
      throw new StorageError(
        'unknown-trial',
        storageMessage('studyNoTrial', { name: study.name, path: location, number }),
      );
    }
    if (ended.has(number) || isFinished(study.history.state(number))) throw finishedTrial(location, study, number);
    if (change.type === 'state' && isFinished(change.state)) ended.add(number);
    if (change.type === 'param') requireSameKind(study, change.param);
  }
}

/** Optuna's rule: within a study a parameter keeps its kind, its scale and its choices. */
function requireSameKind(study: RdbStudy, { name, distribution }: StoredParam): void {
  const column = study.history.parameters.get(name);
  if (!column || column.accepts(distribution)) return;
  throw new StorageError(
    'incompatible-distribution',
    storageMessage('parameterStudyOtherChoicesAnother', { name, name2: study.name }),
  );
}

/** Enqueued trials, the lowest number first; a paused trial is claimed by its number only. */
export function waitingTrials({ history }: RdbStudy): number[] {
  return [...history.waiting]
    .filter((number) => history.systemAttrs(number)[PAUSED] === undefined)
    .sort((a, b) => a - b);
}
