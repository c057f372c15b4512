import type { StudyRecord, TrialLog } from '../core/study/studyStore.ts';
import { StorageError } from './storageError.ts';

/** The study of that name, or the only one. Throws `no-study` and says which there are. */
export function findStudy(log: TrialLog, name?: string): StudyRecord {
  const studies = log.studies();
  const found = name === undefined ? studies[0] : studies.find((study) => study.name === name);
  if (found && (name !== undefined || studies.length === 1)) return found;
  if (studies.length === 0) throw new StorageError('no-study', `${log.location} has no study yet. Start one first.`);
  const names = studies.map((study) => `"${study.name}"`).join(', ');
  throw new StorageError(
    'no-study',
    name === undefined
      ? `${log.location} has ${studies.length} studies: ${names}. Name one of them.`
      : `${log.location} has no study named "${name}". It has: ${names}.`,
  );
}
