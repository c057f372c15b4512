import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { failStaleTrials } from '../../../src/runs/staleTrials.ts';
import { SqliteStore } from '../../../src/storage/sql/sqlite/sqliteStore.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const FLOAT = { type: 'float', low: 0, high: 1, log: false, step: null } as const;

test('a trial whose worker fell silent fails and is enqueued once, by one of several workers', async (t) => {
  const path = join(temporaryFolder(t), 'study.db');
  const log = await SqliteStore.open(path, { create: true });
  t.after(() => log.close());
  const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const params = [{ name: 'x', internal: 0.5, distribution: FLOAT }];
  const systemAttrs = { 'tuneboard:owner': 'dead', completed_rung_0: 1, kept: 2 };
  for (let number = 0; number < 3; number++) {
    await log.createTrial(study, { state: TrialState.running, params, systemAttrs, userAttrs: { note: 'n' } });
  }
  await log.heartbeats.heartbeat(study, [0, 1]);
  assert.deepEqual(await log.heartbeats.staleTrials(study, 60), []);
  // Silent for two minutes, by the database's clock; trial 2 never gave a sign.
  const db = new DatabaseSync(path);
  db.exec("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-2 minutes') WHERE trial_id = 1");
  db.close();
  assert.deepEqual(await log.heartbeats.staleTrials(study, 60), [0]);
  const other = await SqliteStore.open(path);
  t.after(() => other.close());
  const options = { graceSeconds: 60, maxRetries: 1 };
  const failed = await Promise.all([
    failStaleTrials(log, study, options),
    failStaleTrials(other, other.studies()[0] as StudyRecord, options),
  ]);
  assert.deepEqual(failed.flat(), [{ number: 0, retry: 3 }]);
  await log.refresh();
  const { history } = study;
  assert.deepEqual([...history.states], [TrialState.fail, TrialState.running, TrialState.running, TrialState.waiting]);
  assert.deepEqual(history.params(3), { x: 0.5 });
  assert.deepEqual(history.userAttrs(3), { note: 'n' });
  assert.deepEqual(history.systemAttrs(3), { kept: 2, failed_trial: 0, retry_history: [0] });
  assert.match(String(history.userAttrs(0)['tuneboard:error']), /no sign of life for 60 s/);

  // Run again and lost again: once is enough here.
  assert.equal(await log.claimWaiting(study), 3);
  await log.heartbeats.heartbeat(study, [3]);
  const later = new DatabaseSync(path);
  later.exec("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-2 minutes') WHERE trial_id = 4");
  later.close();
  assert.deepEqual(await failStaleTrials(log, study, options), [{ number: 3, retry: null }]);
  assert.equal(history.length, 4);
});

test('a storage without signs of life has no stale trials', async () => {
  const log = new MemoryLog();
  const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  await log.createTrial(study, { state: TrialState.running });
  assert.deepEqual(await failStaleTrials(log, study, { graceSeconds: 0, maxRetries: null }), []);
});
