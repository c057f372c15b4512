import { wordsOf } from '../../core/errors.ts';
import { rungOf } from '../../core/schedulers/trialAttrs.ts';
import type { Study } from '../../core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { TrialRuns } from '../../runs/trialOwner.ts';
import { type CutOff, cutOff } from '../trials/repair.ts';
import { Attempt } from './dismissal.ts';

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
      reason = wordsOf(error).text.replace(/\.$/, '');
    },
  );
  if (await ending.try(wasThere ? RECORDING_MS : RECORDING_AWAY_MS)) return undefined;
  return `Trials that ran could not be recorded as stopped (${reason}): the next run of the study puts that right.`;
}

const STOPPED: CutOff = { type: 'failed', code: 'stopped', reason: 'The study was stopped while this trial ran.' };

/**
 * Records trials as stopped whose workers are gone; one that is trained in parts waits to go on when the study does. One
 * that has ended after all stays as it is.
 */
export async function endStopped(log: WritableTrialLog, study: StudyRecord, numbers: readonly number[]): Promise<void> {
  const runs = new TrialRuns(study.history);
  for (const number of numbers) {
    const isInParts = rungOf(study.history.systemAttrs(number)) !== undefined;
    await cutOff(log, study, number, runs, isInParts ? { type: 'handed-back' } : STOPPED);
  }
}
