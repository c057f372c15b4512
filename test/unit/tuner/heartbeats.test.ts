/** Signs of life where the storage keeps none, and trials that another worker has taken. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { CommitOptions, StudyRecord, WritableTrialLog } from '../../../src/core/study/studyStore.ts';
import { TrialRuns } from '../../../src/runs/trialOwner.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { SqliteStore } from '../../../src/storage/sql/sqlite/sqliteStore.ts';
import { endStopped } from '../../../src/tuner/cluster/stoppedTrials.ts';
import { OtherWorkers } from '../../../src/tuner/run/budget.ts';
import { LifeSigns } from '../../../src/tuner/trials/lifeSigns.ts';
import { newOwner, SignedLog } from '../../../src/tuner/trials/ownership.ts';
import { cutOff, repairTrials, SilenceWatch } from '../../../src/tuner/trials/repair.ts';
import { TrialEnds } from '../../../src/tuner/trials/trialEnds.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function study() {
  const log = new MemoryLog();
  return { log, record: await log.createStudy({ name: 's', directions: [Direction.minimize] }) };
}

test('silence is measured by the observer’s own clock: a heartbeat that is an hour off, there or here, changes nothing', async () => {
  const { log, record } = await study();
  await log.createTrial(record, { state: TrialState.running });
  await log.createTrial(record, { state: TrialState.running });
  const beats = new Map([[0, Date.now() / 1000 - 3600]]);
  const shared = Object.assign(log, { heartbeats: { heartbeat: async () => undefined, last: async () => beats } });
  let now = 0;
  const watch = new SilenceWatch(60_000, () => now);
  const look = () => watch.look(shared, record);
  for (now of [0, 30_000, 60_000]) assert.deepEqual(await look(), []);
  beats.set(0, Date.now() / 1000 + 3600);
  for (now of [90_000, 120_000, 150_000]) assert.deepEqual(await look(), [], 'it spoke meanwhile');
  now = 151_000;
  assert.deepEqual(await look(), [0], 'trial 1 never promised to speak');
  beats.set(0, 7);
  assert.deepEqual(await look(), []);
  // The observer was stopped: nobody could be seen meanwhile.
  for (now of [3_600_000, 3_600_001]) assert.deepEqual(await look(), []);
  now = 3_630_001;
  assert.deepEqual(await look(), [0]);
});

test('other workers’ trials count: those of the dead among them will run again', async () => {
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
  assert.equal(here.running, 3, 'both of this machine, and the one that promised heartbeats');
  assert.equal(here.haveTaken(0), false);
  assert.equal(here.haveTaken(1), true);
});

test('of many workers that find the same dead one, one runs its trial again', async () => {
  const { log, record } = await study();
  const dead = { ...newOwner(), pid: 2 ** 22 + 1 };
  await new SignedLog(log, dead).createTrial(record, { state: TrialState.running });
  const found = await Promise.all(
    Array.from({ length: 8 }, () => repairTrials(new SignedLog(log, newOwner()), record, { host: dead.host })),
  );
  assert.deepEqual([...record.history.states], [TrialState.waiting], 'it keeps its number');
  assert.deepEqual(found.flat(), [{ number: 0, goesOn: true }], 'and one of them says so');
  const container = { ...newOwner(), pid: 2 ** 22 + 1, namespace: 'pid:[1]' };
  await new SignedLog(log, container).createTrial(record, { state: TrialState.running });
  assert.deepEqual(
    await repairTrials(log, record, { host: container.host }),
    [],
    "a container's processes are not seen here",
  );
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
  assert.deepEqual(await repairTrials(log, record, { host: dead.host }), []);
  assert.equal(record.history.state(0), TrialState.running);
});

const RUNG = { 'tuneboard:rung': { bracket: 0, rung: 0, step: 1 } };
const PAUSE = [
  { type: 'systemAttr', number: 0, key: 'tuneboard:paused', value: { step: 1 } },
  { type: 'state', number: 0, state: TrialState.waiting },
] as const;

/** A worker that runs nothing, and looks at others until they would have been silent for too long. What it did. */
async function lookLong(log: WritableTrialLog, record: StudyRecord) {
  const repaired: number[] = [];
  const errors: unknown[] = [];
  let now = 0;
  const signs = new LifeSigns({
    log,
    study: record,
    host: 'elsewhere',
    intervalMs: 30_000,
    now: () => now,
    active: () => [],
    onRepaired: (trials) => repaired.push(...trials.map(({ number }) => number)),
    onTick: () => undefined,
    onError: (error) => errors.push(error),
  });
  for (let look = 0; look < 4; look++) {
    await signs.tick();
    now += 30_000;
  }
  return { repaired, errors };
}

test('a worker that claims a trial, in SQLite or a journal, has given a heartbeat whatever the last one before was', async (t) => {
  const folder = temporaryFolder(t);
  for (const log of [
    await SqliteStore.open(join(folder, 'study.db'), { create: true }),
    await JournalLog.open(join(folder, 'study.journal'), { create: true }),
  ]) {
    t.after(() => log.close());
    const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    const beating = (host: string) => new SignedLog(log, { ...newOwner({ beats: 30 }), host });
    const observer = beating('observer');
    await beating('first').createTrial(record, { state: TrialState.running, systemAttrs: RUNG });
    let now = 0;
    const watch = new SilenceWatch(60_000, () => now);
    for (now of [0, 30_000, 60_000]) assert.deepEqual(await watch.look(observer, record), []);
    now = 61_000;
    assert.deepEqual(await watch.look(observer, record), [0]);
    await cutOff(observer, record, 0, new TrialRuns(record.history), { type: 'lost', mayBeItsFault: true });
    assert.equal(await beating('second').claimWaiting(record, { number: 0 }), 0);
    now = 91_000;
    assert.deepEqual(await watch.look(observer, record), []);
    assert.deepEqual(await lookLong(observer, record), { repaired: [0], errors: [] }, 'its second worker is dead, too');
  }
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
  const silent = { heartbeat: async () => undefined, last: async () => new Map([[0, 1]]) };
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
    assert.deepEqual(await lookLong(looked.log, looked.record), { repaired: [], errors: [] });
    assert.equal(looked.record.history.state(0), state);
    const orphan = await overtakenLog(byOthers);
    assert.deepEqual(await repairTrials(orphan.log, orphan.record, { host: orphan.dead.host }), []);
    assert.equal(orphan.record.history.state(0), state);
  });
}

test('a trial of a scheduler that costs one worker after another its life fails; one that comes further goes on', async () => {
  const { log, record } = await study();
  const worker = () => new SignedLog(log, { ...newOwner({ beats: 30 }), host: 'there' });
  await worker().createTrial(record, { state: TrialState.running, systemAttrs: RUNG });
  const heartbeats = { heartbeat: async () => undefined, last: async () => new Map([[0, 1]]) };
  const silent = Object.assign(log, { heartbeats }) as WritableTrialLog;
  for (let step = 1; step <= 8; step++) {
    // Half of them bring it one step further.
    if (step % 2 === 0) await log.commit(record, [{ type: 'intermediate', number: 0, step, value: 1 }]);
    assert.deepEqual((await lookLong(silent, record)).repaired, [0]);
    assert.equal(record.history.state(0), TrialState.waiting, `after ${step} losses`);
    await worker().claimWaiting(record, { number: 0 });
  }
  for (let loss = 0; loss < 3; loss++) {
    await lookLong(silent, record);
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
  const ends = (scheduled: object | null) =>
    new TrialEnds({
      study,
      host: { note: (sentence: string) => said.push(sentence) } as never,
      events: {},
      wanted: { metrics: ['loss'], constraints: [] },
      scheduled: scheduled as never,
      others: new OtherWorkers(record.history, owner.session),
      handBack: undefined,
    });
  const lastValues = new Map([
    ['loss', 1],
    ['accuracy', 0.5],
  ]);
  const recorder = (number: number) => ({ number, lastValues }) as never;
  const scheduled = { pause: (number: number, options: CommitOptions) => study.pause(number, [], options) };
  // All ask in the storage itself.
  await ends(scheduled).settle(recorder(0), { type: 'ended', cause: 'paused' }, () => undefined);
  let freed = 0;
  await ends(null).settle(recorder(1), { type: 'done', lastLines: [] }, () => freed++);
  await ends(null).settle(recorder(2), { type: 'done', lastLines: [] }, () => freed++);
  assert.equal(freed, 0);
  await other.refresh();
  assert.deepEqual([...theirs.history.states], Array(3).fill(TrialState.running));
  assert.deepEqual(theirs.history.userAttrs(1), {});
  assert.deepEqual(
    said.map((sentence) => sentence.split(',')[0]),
    [0, 1, 2].map((number) => `Trial ${number} was taken over by another worker`),
  );
});

test('a seeded study goes on with the trial that was cut off, under its number and with its parameters', async () => {
  const { log, record } = await study();
  const dead = { ...newOwner({ beats: 30 }), host: 'there' };
  const params = [
    { name: 'x', internal: 0.5, distribution: { type: 'float', low: 0, high: 1, log: false, step: null } },
  ] as const;
  await new SignedLog(log, dead).createTrial(record, { state: TrialState.running, params });
  await cutOff(log, record, 0, new TrialRuns(record.history), { type: 'lost', mayBeItsFault: true });
  const again = new Study(new SignedLog(log, newOwner({ beats: 30 })), record, {
    space: { parameters: [{ name: 'x', distribution: params[0].distribution }] },
    sampler: { suggest: () => assert.fail('it has its parameters'), suggestOne: () => assert.fail() } as never,
    pruner: null,
  });
  const trial = await again.ask();
  assert.deepEqual([trial.number, trial.params, record.history.length], [0, { x: 0.5 }, 1]);
  assert.deepEqual(record.history.systemAttrs(0)['tuneboard:cut-off'], { times: 1, step: 0 });
});

test('a worker that claims its own lost trial anew does not take the old run for it', async () => {
  const { log, record } = await study();
  const owner = newOwner({ beats: 30 });
  const signed = new SignedLog(log, owner);
  await signed.createTrial(record, { state: TrialState.running });
  const others = new OtherWorkers(record.history, owner.session);
  others.hold(0);
  assert.equal(others.haveTaken(0), false);
  await cutOff(log, record, 0, new TrialRuns(record.history), { type: 'lost', mayBeItsFault: true });
  await signed.claimWaiting(record);
  assert.equal(others.haveTaken(0), true);
});
