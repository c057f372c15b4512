import { rungOf } from '../../core/schedulers/trialAttrs.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { ERROR, INTERRUPTED, isOvertaken, TrialRuns } from '../../runs/trialOwner.ts';
import { pauseTrial } from '../session/repair.ts';

/**
 * Records trials as stopped whose workers are gone; one that is trained in parts waits to go on when the study does. One
 * that has ended after all stays as it is.
 */
export async function endStopped(log: WritableTrialLog, study: StudyRecord, numbers: readonly number[]): Promise<void> {
  const runs = new TrialRuns(study.history);
  for (const number of numbers) {
    if (rungOf(study.history.systemAttrs(number)) !== undefined) {
      await pauseTrial(log, study, number, runs);
      continue;
    }
    try {
      await log.commit(
        study,
        [
          { type: 'systemAttr', number, key: INTERRUPTED, value: 'stopped' },
          { type: 'userAttr', number, key: ERROR, value: 'The study was stopped while this trial ran.' },
          { type: 'state', number, state: TrialState.fail },
        ],
        { onlyIf: () => runs.isSame(number) },
      );
    } catch (error) {
      if (!isOvertaken(error)) throw error;
    }
  }
}
