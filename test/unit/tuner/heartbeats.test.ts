/** Signs of life where the storage keeps none, and trials that another worker has taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { OtherWorkers } from '../../../src/tuner/session/otherWorkers.ts';
import { newOwner, SignedLog } from '../../../src/tuner/session/ownership.ts';
import { repairTrials } from '../../../src/tuner/session/repair.ts';
import { WrittenHeartbeats } from '../../../src/tuner/session/writtenHeartbeats.ts';

async function study() {
  const log = new MemoryLog();
  return { log, record: await log.createStudy({ name: 's', directions: [Direction.minimize] }) };
}

test('silence is measured by the clock of whoever looks: one that is an hour off, there or here, changes nothing', async () => {
  const { log, record } = await study();
  await log.createTrial(record, { state: TrialState.running });
  await log.createTrial(record, { state: TrialState.running });
  const worker = new WrittenHeartbeats(log, () => 3_600_000);
  let now = 0;
  const observer = new WrittenHeartbeats(log, () => now);
  await worker.heartbeat(record, [0]);
  assert.deepEqual(await observer.staleTrials(record, 60), []);
  now = 59_000;
  assert.deepEqual(await observer.staleTrials(record, 60), []);
  await worker.heartbeat(record, [0]);
  now = 119_000;
  assert.deepEqual(await observer.staleTrials(record, 60), [], 'it spoke meanwhile');
  now = 180_000;
  assert.deepEqual(await observer.staleTrials(record, 60), [0], 'trial 1 never promised to speak');
  await log.commit(record, [{ type: 'state', number: 0, state: TrialState.complete, values: [1] }]);
  assert.deepEqual(await observer.staleTrials(record, 60), []);
  await worker.heartbeat(record, [0, 1]);
});

test('others count as long as they live: here by their process, elsewhere by their promise', async () => {
  const { log, record } = await study();
  const own = newOwner();
  const here = new OtherWorkers(record.history, own.session);
  const add = (owner: object) =>
    log.createTrial(record, { state: TrialState.running, systemAttrs: { 'tuneboard:owner': owner as never } });
  await add(own);
  await add({ ...newOwner() });
  await add({ ...newOwner(), pid: 2 ** 22 + 1 });
  await add({ ...newOwner(), host: 'far', beats: 30 });
  await add({ ...newOwner(), host: 'far' });
  await log.createTrial(record, { state: TrialState.running });
  assert.equal(here.running, 2, 'the live one of this machine, and the one that promised');
  assert.equal(here.haveTaken(0), false);
  assert.equal(here.haveTaken(1), true);
});

test('of many workers that find the same dead one, one runs its trial again', async () => {
  const { log, record } = await study();
  const dead = { ...newOwner(), pid: 2 ** 22 + 1 };
  await new SignedLog(log, dead).createTrial(record, { state: TrialState.running });
  const found = await Promise.all(
    Array.from({ length: 8 }, () => repairTrials(new SignedLog(log, newOwner()), record, dead.host)),
  );
  assert.equal(record.history.length, 2);
  assert.ok(found.flat().every(({ number, retry }) => number === 0 && retry === 1));
  const container = { ...newOwner(), pid: 2 ** 22 + 1, namespace: 'pid:[1]' };
  await new SignedLog(log, container).createTrial(record, { state: TrialState.running });
  assert.deepEqual(await repairTrials(log, record, container.host), [], "a container's processes are not seen here");
});

test('a trial that another worker has put right and runs again meanwhile stays its own', async () => {
  const { log, record } = await study();
  const dead = { ...newOwner(), pid: 2 ** 22 + 1 };
  const owned = (owner: object) => ({ type: 'systemAttr', number: 0, key: 'tuneboard:owner', value: owner }) as never;
  await log.createTrial(record, {
    state: TrialState.running,
    systemAttrs: { 'tuneboard:owner': dead as never, 'tuneboard:rung': { bracket: 0, rung: 0, step: 1 } },
  });
  // What others did is seen by whoever reads anew.
  log.refresh = async () => {
    await log.commit(record, [owned(newOwner())]);
    return true;
  };
  assert.deepEqual(await repairTrials(log, record, dead.host, { retry: true, pause: true }), []);
  assert.equal(record.history.state(0), TrialState.running);
});
