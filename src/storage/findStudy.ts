import type { StudyRecord, TrialLog } from '../core/study/studyStore.ts';
import { storageMessage } from '../words/en/storage.ts';
import { StorageError } from './storageError.ts';

/** The study of that name, or the only one. Throws `no-study` and says which there are. */
export function findStudy(log: TrialLog, name?: string): StudyRecord {
  const studies = log.studies();
  const found = name === undefined ? studies[0] : studies.find((study) => study.name === name);
  if (found && (name !== undefined || studies.length === 1)) return found;
  if (studies.length === 0)
    throw new StorageError('no-study', storageMessage('noStudyYetStartOne', { location: log.location }));
  const names = studies.map((study) => `"${study.name}"`).join(', ');
  throw new StorageError(
    'no-study',
    name === undefined
      ? storageMessage('studiesNameOneThem', { location: log.location, studies: studies.length, names })
      : storageMessage('noStudyNamed', { location: log.location, name, names }),
  );
}
