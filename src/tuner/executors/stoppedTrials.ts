import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { ERROR, INTERRUPTED } from '../../runs/trialOwner.ts';

/** Records trials as stopped whose workers are gone. One that has ended after all stays as it is. */
export async function endStopped(log: WritableTrialLog, study: StudyRecord, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    try {
      await log.commit(study, [
        { type: 'systemAttr', number, key: INTERRUPTED, value: 'stopped' },
        { type: 'userAttr', number, key: ERROR, value: 'The study was stopped while this trial ran.' },
        { type: 'state', number, state: TrialState.fail },
      ]);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'finished-trial') throw error;
    }
  }
}
