import assert from 'node:assert/strict';
import type { History } from '../../src/core/study/history.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';

/** The history of a storage's first study, read anew by somebody who is warned of nothing. */
export async function historyIn(storage: string): Promise<History> {
  const log = await openTrialLog(storage);
  await log.close();
  assert.deepEqual(log.warnings, []);
  return (log.studies()[0] as StudyRecord).history;
}
