import { rungOf } from '../../core/schedulers/trialAttrs.ts';
import { INTERRUPTED } from '../../core/study/paused.ts';
import { TrialState } from '../../core/study/states.ts';
import type { Study } from '../../core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { ERROR, isOvertaken, TrialRuns } from '../../runs/trialOwner.ts';
import { failureOf } from '../run/runHost.ts';
import { pauseTrial } from '../trials/repair.ts';
import { Attempt } from './attempt.ts';

/** How long a storage is waited for that does not take the end of trials; and one that did not take an order before. In milliseconds. */
const RECORDING_MS = 10_000;
const RECORDING_AWAY_MS = 1000;

/**
 * Records the running trials of a study as stopped, whose workers are ended. Returns a sentence where the storage did not take
 * that in time. `wasThere`: it took the order to end before.
 */
export async function recordStopped(
  log: WritableTrialLog,
  study: Study,
  running: () => readonly number[],
  wasThere: boolean,
): Promise<string | undefined> {
  let reason = 'the storage does not answer';
  const ending = new Attempt(
    async () => {
      await study.refresh();
      await endStopped(log, study.record, running());
    },
    (error) => {
      reason = (failureOf(error).message ?? reason).replace(/\.$/, '');
    },
  );
  if (await ending.try(wasThere ? RECORDING_MS : RECORDING_AWAY_MS)) return undefined;
  return `Trials that ran could not be recorded as stopped (${reason}): the next run of the study puts that right.`;
}

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
