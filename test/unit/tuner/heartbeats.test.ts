/** Signs of life where the storage keeps none, and trials that another worker has taken. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { CommitOptions, StudyRecord, WritableTrialLog } from '../../../src/core/study/studyStore.ts';
import { failStaleTrials } from '../../../src/runs/staleTrials.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { SqliteStore } from '../../../src/storage/sql/sqlite/sqliteStore.ts';
import { endStopped } from '../../../src/tuner/cluster/stoppedTrials.ts';
import { OtherWorkers } from '../../../src/tuner/run/budget.ts';
import { LifeSigns, type LifeSignsOptions } from '../../../src/tuner/trials/lifeSigns.ts';
import { newOwner, SignedLog, WrittenHeartbeats } from '../../../src/tuner/trials/ownership.ts';
import { repairTrials } from '../../../src/tuner/trials/repair.ts';
import { TrialEnds } from '../../../src/tuner/trials/trialEnds.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

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
  assert.deepEqual(found.flat(), [{ number: 0, retry: 1 }], 'and one of them says so');
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

const RUNG = { 'tuneboard:rung': { bracket: 0, rung: 0, step: 1 } };
const PAUSE = [
  { type: 'systemAttr', number: 0, key: 'tuneboard:paused', value: { step: 1 } },
  { type: 'state', number: 0, state: TrialState.waiting },
] as const;

/** A worker that runs nothing, and looks once after those of others. What it did, and what it could not. */
async function lookOnce(log: WritableTrialLog, record: StudyRecord, clocks?: LifeSignsOptions['clocks']) {
  const repaired: number[] = [];
  const errors: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const signs = new LifeSigns({
    log,
    study: record,
    host: 'elsewhere',
    intervalMs: 20,
    isScheduled: true,
    ...(clocks && { clocks }),
    active: () => [],
    onRepaired: (trials) => repaired.push(...trials.map(({ number }) => number)),
    onTick: resolve,
    onError: (error) => {
      errors.push(error);
      resolve();
    },
  });
  signs.start();
  await promise;
  await signs.stop();
  return { repaired, errors };
}

test('a worker that stalls right after it has claimed a paused trial keeps it', async (t) => {
  const path = join(temporaryFolder(t), 'study.db');
  const log = await SqliteStore.open(path, { create: true });
  t.after(() => log.close());
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const beating = (host: string) => new SignedLog(log, { ...newOwner({ beats: 30 }), host });
  const silent = () => {
    const db = new DatabaseSync(path);
    db.exec("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-2 minutes')");
    db.close();
  };
  await beating('first').createTrial(record, { state: TrialState.running, systemAttrs: RUNG });
  silent();
  assert.deepEqual(await lookOnce(log, record), { repaired: [0], errors: [] }, 'its first worker is dead');
  assert.equal(await beating('second').claimWaiting(record, { number: 0 }), 0);
  assert.deepEqual(await lookOnce(log, record), { repaired: [], errors: [] });
  assert.equal(record.history.state(0), TrialState.running);
  silent();
  assert.deepEqual(await lookOnce(log, record), { repaired: [0], errors: [] }, 'and so is its second one now');
});

test('a claim is a sign of life in a journal, too, whatever the last one of the worker before was', async (t) => {
  const log = await JournalLog.open(join(temporaryFolder(t), 'study.journal'), { create: true });
  t.after(() => log.close());
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  let now = 0;
  const observer = new WrittenHeartbeats(log, () => now);
  const worker = () => new SignedLog(log, newOwner({ beats: 30 }));
  await worker().createTrial(record, { state: TrialState.running, systemAttrs: RUNG });
  assert.deepEqual(await observer.staleTrials(record, 60), []);
  now = 61_000;
  assert.deepEqual(await observer.staleTrials(record, 60), [0]);
  await log.commit(record, PAUSE);
  await worker().claimWaiting(record, { number: 0 });
  assert.deepEqual(await observer.staleTrials(record, 60), []);
});

/** A log in which something else happens to trial 0 right before the next commit; its trial has been silent for long. */
async function overtakenLog(byOthers: (log: MemoryLog, record: StudyRecord) => Promise<void>) {
  const { log, record } = await study();
  const dead = { ...newOwner({ beats: 30 }), pid: 2 ** 22 + 1 };
  await new SignedLog(log, dead).createTrial(record, { state: TrialState.running, systemAttrs: RUNG });
  const commit = log.commit.bind(log);
  log.commit = async (...args: [StudyRecord, never, CommitOptions?]) => {
    log.commit = commit;
    await byOthers(log, record);
    return commit(...args);
  };
  const silent = { heartbeat: async () => undefined, staleTrials: async () => [0] };
  return { log: Object.assign(log, { heartbeats: silent }) as WritableTrialLog, record, dead };
}

const finishes = (log: MemoryLog, record: StudyRecord) =>
  log.commit(record, [{ type: 'state', number: 0, state: TrialState.complete, values: [1] }]);
const runsAgain = async (log: MemoryLog, record: StudyRecord) => {
  await log.commit(record, PAUSE);
  await new SignedLog(log, newOwner({ beats: 30 })).claimWaiting(record, { number: 0 });
};

for (const [what, byOthers, state] of [
  ['ends', finishes, TrialState.complete],
  ['is put right and claimed by another', runsAgain, TrialState.running],
] as const) {
  test(`a trial that ${what} while its worker is found dead is left as it is`, async () => {
    const looked = await overtakenLog(byOthers);
    assert.deepEqual(await lookOnce(looked.log, looked.record), { repaired: [], errors: [] });
    assert.equal(looked.record.history.state(0), state);
    const orphan = await overtakenLog(byOthers);
    assert.deepEqual(await repairTrials(orphan.log, orphan.record, orphan.dead.host, { retry: true, pause: true }), []);
    assert.equal(orphan.record.history.state(0), state);
    const stale = await overtakenLog(byOthers);
    assert.deepEqual(await failStaleTrials(stale.log, stale.record, { graceSeconds: 0, maxRetries: null }), []);
    assert.deepEqual([...stale.record.history.states], [state], 'nothing runs twice');
  });
}

test('where the clock was set, or the machine slept, nobody is taken for silent before they can have spoken', async () => {
  const silent = async () => {
    const { log, record } = await study();
    await new SignedLog(log, { ...newOwner({ beats: 30 }), host: 'there' }).createTrial(record, {
      state: TrialState.running,
      systemAttrs: RUNG,
    });
    const heartbeats = { heartbeat: async () => undefined, staleTrials: async () => [0] };
    return { log: Object.assign(log, { heartbeats }) as WritableTrialLog, record };
  };
  for (const jump of [3_600_000, -3_600_000]) {
    let wall = 0;
    const { log, record } = await silent();
    const clocks = () => {
      wall += jump;
      return { wall, counted: 0 };
    };
    assert.deepEqual(await lookOnce(log, record, clocks), { repaired: [], errors: [] });
  }
  const { log, record } = await silent();
  assert.deepEqual((await lookOnce(log, record)).repaired, [0]);
});

test('a trial of a scheduler that costs one worker after another its life fails; one that comes further goes on', async () => {
  const { log, record } = await study();
  const worker = () => new SignedLog(log, { ...newOwner({ beats: 30 }), host: 'there' });
  await worker().createTrial(record, { state: TrialState.running, systemAttrs: RUNG });
  const heartbeats = { heartbeat: async () => undefined, staleTrials: async () => [0] };
  const silent = Object.assign(log, { heartbeats }) as WritableTrialLog;
  for (let step = 1; step <= 8; step++) {
    // Half of them bring it one step further.
    if (step % 2 === 0) await log.commit(record, [{ type: 'intermediate', number: 0, step, value: 1 }]);
    assert.deepEqual((await lookOnce(silent, record)).repaired, [0]);
    assert.equal(record.history.state(0), TrialState.waiting, `after ${step} losses`);
    await worker().claimWaiting(record, { number: 0 });
  }
  for (let loss = 0; loss < 3; loss++) {
    await lookOnce(silent, record);
    if (record.history.state(0) === TrialState.waiting) await worker().claimWaiting(record, { number: 0 });
  }
  assert.equal(record.history.state(0), TrialState.fail);
  assert.match(String(record.history.userAttrs(0)['tuneboard:error']), /^4 workers were lost one after another/);
});

test('Stop on a cluster ends what its workers could not record: parts wait to go on, others have failed, what has ended stays', async () => {
  const { log, record } = await study();
  const worker = new SignedLog(log, newOwner({ beats: 30 }));
  await worker.createTrial(record, { state: TrialState.running, systemAttrs: RUNG });
  await worker.createTrial(record, { state: TrialState.running });
  await worker.createTrial(record, { state: TrialState.running });
  await log.commit(record, [{ type: 'state', number: 2, state: TrialState.complete, values: [1] }]);
  await endStopped(log, record, [0, 1, 2]);
  assert.deepEqual([...record.history.states], [TrialState.waiting, TrialState.fail, TrialState.complete]);
  assert.equal(record.history.systemAttrs(1)['tuneboard:interrupted'], 'stopped');
});

test('a worker that was stopped for long does not end, nor pause, a trial that another one runs by now', async (t) => {
  const path = join(temporaryFolder(t), 'study.db');
  const log = await SqliteStore.open(path, { create: true });
  t.after(() => log.close());
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const owner = newOwner({ beats: 30 });
  const signed = new SignedLog(log, owner);
  for (let number = 0; number < 3; number++)
    await signed.createTrial(record, { state: TrialState.running, systemAttrs: RUNG, startedAt: 1000 });
  const other = await SqliteStore.open(path);
  t.after(() => other.close());
  const [theirs] = other.studies() as [StudyRecord];
  for (const number of [0, 1, 2]) {
    await other.commit(
      theirs,
      PAUSE.map((change) => ({ ...change, number })),
    );
    await new SignedLog(other, newOwner({ beats: 30 })).claimWaiting(theirs, { number });
  }
  const study = new Study(signed, record, { sampler: createSampler({ type: 'random', seed: 1 }), pruner: null });
  const said: string[] = [];
  const ends = (scheduled: object | null, freshen?: () => Promise<unknown>) =>
    new TrialEnds({
      study,
      host: { note: (sentence: string) => said.push(sentence) } as never,
      events: {},
      wanted: { metrics: ['loss'], constraints: [] },
      scheduled: scheduled as never,
      others: new OtherWorkers(record.history, owner.session),
      handBack: undefined,
      freshen,
    });
  const lastValues = new Map([
    ['loss', 1],
    ['accuracy', 0.5],
  ]);
  const recorder = (number: number) => ({ number, lastValues }) as never;
  const scheduled = { pause: (number: number, options: CommitOptions) => study.pause(number, [], options) };
  // Both ask in the storage itself; the end of a trial reads first where it is late.
  await ends(scheduled).settle(recorder(0), { type: 'ended', cause: 'paused' }, () => undefined);
  let freed = 0;
  await ends(null).settle(recorder(1), { type: 'done', lastLines: [] }, () => freed++);
  await ends(null, () => log.refresh()).settle(recorder(2), { type: 'done', lastLines: [] }, () => freed++);
  assert.equal(freed, 0);
  await other.refresh();
  assert.deepEqual([...theirs.history.states], Array(3).fill(TrialState.running));
  assert.deepEqual(theirs.history.userAttrs(1), {});
  assert.deepEqual(
    said.map((sentence) => sentence.split(',')[0]),
    [0, 1, 2].map((number) => `Trial ${number} was taken over by another worker`),
  );
});

test('a worker knows that it is late once it has not read for two intervals, also when its machine slept', async () => {
  const { log, record } = await study();
  let [wall, counted] = [0, 0];
  const signs = new LifeSigns({
    log,
    study: record,
    host: 'here',
    intervalMs: 1000,
    isScheduled: false,
    active: () => [],
    onRepaired: () => undefined,
    onTick: () => undefined,
    onError: () => undefined,
    clocks: () => ({ wall, counted }),
  });
  counted = 2000;
  assert.equal(signs.isLate, false);
  counted = 2001;
  assert.equal(signs.isLate, true);
  [wall, counted] = [3_600_000, 0];
  assert.equal(signs.isLate, true, 'a clock that only counts stands still meanwhile');
});
