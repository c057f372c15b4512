/** A run on a cluster that does what the test says: a job that never starts, a cluster that is away, Stop. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { INTERRUPTED } from '../../../../src/core/study/paused.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { Study } from '../../../../src/core/study/study.ts';
import type { StudyRecord } from '../../../../src/core/study/studyStore.ts';
import type { RunRecord } from '../../../../src/protocol/runRecord.ts';
import { runFolderAt } from '../../../../src/runs/runFolder.ts';
import { OWNER } from '../../../../src/runs/trialOwner.ts';
import { ClusterSession } from '../../../../src/tuner/cluster/clusterSession.ts';
import type { Executor, WorkerReport } from '../../../../src/tuner/cluster/executor.ts';
import { WorkerLogs } from '../../../../src/tuner/cluster/workerLogs.ts';
import { Workforce } from '../../../../src/tuner/cluster/workforce.ts';
import type { RunHost } from '../../../../src/tuner/run/runHost.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** What an engine or a storage does in place of what is usual. */
interface Habits {
  readonly report: () => WorkerReport;
  readonly submit?: () => void | Promise<void>;
  readonly poll?: () => void | Promise<void>;
  readonly cancel?: () => void | Promise<void>;
  readonly unheard?: () => readonly string[];
  readonly isAsking?: () => boolean;
  /** How long an engine may not be heard from; longer than a busy machine needs unless told otherwise. */
  readonly awayMs?: number;
  /** How long workers may take to end; longer than a busy machine needs unless told otherwise. */
  readonly endingMs?: number;
  /** Before anything is read from the storage or written to it. */
  readonly storage?: (what: 'refresh' | 'setStudyAttr' | 'commit') => void | Promise<void>;
}

/** A run of ten trials on an engine with these habits. `said` resolves with the first sentence like it. */
async function cluster(t: TestContext, habits: Habits) {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const study = new Study(log, record, { sampler: createSampler({ type: 'random', seed: 1 }), pruner: null });
  const notes: string[] = [];
  const printed: string[] = [];
  const waiting: { pattern: RegExp; resolve: (sentence: string) => void }[] = [];
  const note = (sentence: string) => {
    notes.push(sentence);
    for (const { pattern, resolve } of waiting) if (pattern.test(sentence)) resolve(sentence);
  };
  for (const name of ['refresh', 'setStudyAttr', 'commit'] as const) {
    const usual = (log[name] as (...args: unknown[]) => Promise<unknown>).bind(log);
    Object.assign(log, {
      [name]: async (...args: unknown[]) => {
        await habits.storage?.(name);
        return usual(...args);
      },
    });
  }
  const cancelled = new Set<string>();
  let next = 0;
  let heardAt = 0;
  const executor: Executor = {
    engine: 'slurm',
    place: 'here',
    isApart: false,
    isElsewhere: false,
    prepare: async () => undefined,
    submit: async (count) => {
      await habits.submit?.();
      return Array.from({ length: count }, () => `7_${next++}`);
    },
    unheard: async () => habits.unheard?.() ?? [],
    get heardAt() {
      return heardAt;
    },
    get isAsking() {
      return habits.isAsking?.() ?? false;
    },
    stopAsking: () => undefined,
    left: (ids) => ({ engine: 'slurm', place: null, ids }),
    poll: async (ids) => {
      await habits.poll?.();
      heardAt = performance.now();
      const ended: WorkerReport = { state: 'lost', where: null, reason: 'cancelled' };
      return new Map(ids.map((id) => [id, cancelled.has(id) ? ended : habits.report()]));
    },
    cancel: async (ids) => {
      await habits.cancel?.();
      for (const id of ids) cancelled.add(id);
    },
    readLog: async (_id, from) => ({ text: '', next: from }),
    close: () => undefined,
  };
  const run: Partial<RunRecord> = {};
  const host = {
    record: { budget: { trials: 10, timeoutMs: null }, parallel: 3 },
    note,
    update: (change: object) => void Object.assign(run, change),
    changed: () => 0,
  };
  const workforce = new Workforce(
    {
      executor,
      logs: new WorkerLogs(executor, runFolderAt(temporaryFolder(t)), note),
      note,
      onChange: () => 0,
      progress: () => 0,
    },
    [],
  );
  const session = new ClusterSession({
    host: host as unknown as RunHost,
    log,
    study,
    events: { note: (sentence) => void printed.push(sentence) },
    workforce,
    run: 'r',
    isScheduled: false,
    lookMs: 5,
    longWaitMs: 100,
    endingMs: habits.endingMs ?? 60_000,
    awayMs: habits.awayMs ?? 60_000,
    session: 'me',
  });
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      waiting.push({ pattern, resolve });
      const known = notes.find((sentence) => pattern.test(sentence));
      if (known !== undefined) resolve(known);
    });
  return { session, said, notes, printed, cancelled, workforce, log, record, run };
}

const atWork: WorkerReport = { state: 'running', where: 'n1', reason: null };
/** One more trial that such a worker runs. */
const runsTrial = (log: MemoryLog, record: StudyRecord, worker: { engine?: string; job?: string }) => {
  const owner = { host: 'n1', pid: 1, start: '1', session: 'other', beats: 1, ...worker };
  return log.createTrial(record, { state: TrialState.running, userAttrs: {}, systemAttrs: { [OWNER]: owner } });
};
const never = () => new Promise<never>(() => undefined);

test('a job that never starts is told, once, with what the cluster says; Stop ends it', async (t) => {
  const report = (): WorkerReport => ({ state: 'queued', where: null, reason: 'ReqNodeNotAvail' });
  const { session, said, notes, cancelled, workforce } = await cluster(t, { report });
  const end = session.run();
  const sentence = await said(/No worker has started/);
  assert.equal(sentence, 'No worker has started for 0.1 s; the cluster says: ReqNodeNotAvail.');
  session.setParallel(2);
  session.wake();
  session.stop('now');
  assert.deepEqual(await end, { state: 'stopped' });
  assert.equal(notes.filter((one) => one.startsWith('No worker')).length, 1);
  assert.deepEqual([...cancelled].sort(), ['7_0', '7_1', '7_2']);
  assert.deepEqual(workforce.atWork, []);
});

test('a cluster that refuses the first workers ends the run; one that is away later is asked again', async (t) => {
  const refusing = await cluster(t, {
    report: () => atWork,
    submit: () => {
      throw new TuneboardError('cluster-refused', 'Slurm did not take the workers: Invalid partition.');
    },
  });
  const refused = await refusing.session.run();
  assert.deepEqual([refused.state, refused.message], ['failed', 'Slurm did not take the workers: Invalid partition.']);

  let isAway = false;
  const later = await cluster(t, {
    report: () => atWork,
    poll: () => {
      if (isAway) throw new TuneboardError('no-cluster', 'Slurm on here does not answer: timeout.');
    },
  });
  const end = later.session.run();
  isAway = true;
  assert.match(await later.said(/does not answer/), /Slurm on here/);
  isAway = false;
  later.session.stop('now');
  assert.deepEqual(await end, { state: 'stopped' });
});

test('workers that are lost one after another without a result end the run, with the reason', async (t) => {
  const { session } = await cluster(t, { report: () => ({ state: 'lost', where: 'n1', reason: 'preempted' }) });
  const { state, message } = await session.run();
  assert.equal(state, 'failed');
  assert.equal(
    message,
    'Workers were lost 10 times one after another, and no trial has finished meanwhile. Preempted.',
  );
});

test('a run that fails leaves no workers behind that it was not told of', async (t) => {
  const { session, cancelled } = await cluster(t, {
    report: () => ({ state: 'failed', where: 'n1', reason: 'exit code 1' }),
    unheard: () => ['9_0'],
  });
  assert.equal((await session.run()).state, 'failed');
  assert.ok(cancelled.has('9_0'));
});

const away = () => {
  throw new TuneboardError('no-cluster', 'Slurm on here does not answer: timeout.');
};
const busy = () => {
  throw new TuneboardError('cluster-refused', 'Slurm did not end the workers: Access denied.');
};
/** Each from the moment of the stop on. `isKnown`: the workers are seen to end all the same. */
const troubles: Readonly<Record<string, Omit<Habits, 'report'> & { readonly isKnown: boolean }>> = {
  'the engine refuses to end the workers': { cancel: busy, isKnown: false },
  'the engine does not answer when it is to end them': { cancel: never, isKnown: false },
  'the cluster is away': { cancel: away, poll: away, isKnown: false },
  'it does not say how they are': { poll: never, isKnown: false },
  'the storage cannot be read': {
    storage: (what) => {
      if (what === 'refresh') throw new TuneboardError('no-server', 'The server is away.');
    },
    isKnown: true,
  },
  'the storage takes no order': {
    storage: (what) => {
      if (what === 'setStudyAttr') throw new TuneboardError('no-server', 'The server is away.');
    },
    isKnown: true,
  },
  'the storage takes no end of a trial': {
    storage: (what) => {
      if (what === 'commit') throw new TuneboardError('no-server', 'The server is away.');
    },
    isKnown: true,
  },
};

for (const [name, { isKnown, ...trouble }] of Object.entries(troubles)) {
  test(`a stop is a stop though ${name}`, async (t) => {
    let isStopping = false;
    const { session, notes, printed, workforce, log, record, run } = await cluster(t, {
      report: () => atWork,
      endingMs: isKnown ? 60_000 : 200,
      poll: () => (isStopping ? trouble.poll?.() : undefined),
      cancel: () => (isStopping ? trouble.cancel?.() : undefined),
      storage: (what) => (isStopping ? trouble.storage?.(what) : undefined),
    });
    await runsTrial(log, record, { engine: 'slurm', job: '7_0' });
    const end = session.run();
    while (workforce.atWork.filter(({ state }) => state === 'running').length < 3) await setImmediate();
    isStopping = true;
    session.stop('now');
    const { state, message } = await end;
    assert.equal(state, 'stopped');
    assert.equal(workforce.atWork.length, isKnown ? 0 : 3);
    if (isKnown) assert.equal(message, undefined);
    else {
      assert.match(
        message ?? '',
        /^Nothing is known of the end of these workers: 7_0, 7_1, 7_2\. .* by hand: scancel 7$/,
      );
      assert.equal(printed.filter((note) => note === message).length, 1);
      assert.ok(!notes.includes(message ?? ''), 'the end of the run is noted with it');
      assert.deepEqual(run.left, { engine: 'slurm', place: null, ids: ['7_0', '7_1', '7_2'] });
    }
    const isRecorded = name !== 'the storage takes no end of a trial' && name !== 'the storage cannot be read';
    assert.equal(record.history.state(0), isRecorded ? TrialState.fail : TrialState.running);
    if (isRecorded) assert.equal(record.history.systemAttrs(0)[INTERRUPTED], 'stopped');
    else
      assert.ok(
        notes.includes(
          'Trials that ran could not be recorded as stopped (The server is away): the next run of the study puts that right.',
        ),
      );
  });
}

test('a stop while the engine is asked for workers does not wait for it, and ends those that it has after all', async (t) => {
  let taken: string[] = [];
  let hasRefused = false;
  const { session, cancelled } = await cluster(t, {
    report: () => atWork,
    submit: async () => {
      session.stop('now');
      await never();
    },
    // The answer comes when the study is stopped already; the first attempt to end them meets a controller that is busy.
    unheard: () => (taken = taken.length === 0 ? ['9_0', '9_1'] : taken),
    cancel: () => {
      if (hasRefused) return;
      hasRefused = true;
      away();
    },
  });
  assert.deepEqual(await session.run(), { state: 'stopped' });
  assert.deepEqual([...cancelled], ['9_0', '9_1']);
});

for (const mode of ['now', 'afterCurrent'] as const) {
  test(`a stop (${mode}) does not wait for a cluster and a storage that do not answer at all`, async (t) => {
    let isStopping = false;
    const silent = () => (isStopping ? never() : undefined);
    const habits = { report: () => atWork, poll: silent, cancel: silent, storage: silent, awayMs: 200 };
    const { session, workforce, run } = await cluster(t, habits);
    const end = session.run();
    while (workforce.atWork.filter(({ state }) => state === 'running').length < 3) await setImmediate();
    isStopping = true;
    session.stop(mode);
    assert.equal((await end).state, 'stopped');
    assert.equal(run.left?.ids.length, 3);
  });
}

test('workers that an engine has been asked for, and has neither taken nor refused, are left to be ended later', async (t) => {
  const { session, run } = await cluster(t, {
    report: () => atWork,
    submit: async () => {
      session.stop('now');
      await never();
    },
    isAsking: () => true,
    awayMs: 200,
  });
  const { state, message } = await session.run();
  assert.equal(state, 'stopped');
  assert.match(message ?? '', /Nothing is known/);
  assert.ok(run.left);
});

test('workers of whose end the engine tells at the last moment are not named as left', async (t) => {
  const late = Promise.withResolvers<void>();
  let isDone = false;
  const { session, workforce, run } = await cluster(t, {
    report: () => (isDone ? { state: 'ended', where: 'n1', reason: null } : atWork),
    endingMs: 200,
    poll: () => (isDone ? late.promise : undefined),
    // Those that did not leave by themselves.
    cancel: async () => {
      late.resolve();
      while (workforce.atWork.length > 0) await setImmediate();
      throw new TuneboardError('cluster-refused', 'Slurm did not end the workers: busy.');
    },
  });
  const end = session.run();
  while (workforce.atWork.filter(({ state }) => state === 'running').length < 3) await setImmediate();
  session.setBudget({ trials: 0, timeoutMs: null });
  isDone = true;
  session.wake();
  assert.deepEqual(await end, { state: 'finished' });
  assert.equal(run.left, undefined);
});

test('workers that fail when the study is stopped are no failure of it', async (t) => {
  let isStopping = false;
  const { session, workforce } = await cluster(t, {
    report: () => (isStopping ? { state: 'failed', where: 'n1', reason: 'exit code 1' } : atWork),
    poll: () => {
      if (!isStopping) return;
      session.stop('now');
    },
  });
  const end = session.run();
  while (workforce.atWork.filter(({ state }) => state === 'running').length < 3) await setImmediate();
  isStopping = true;
  session.wake();
  assert.deepEqual(await end, { state: 'stopped' });
});

for (const mode of ['now', 'afterCurrent'] as const) {
  test(`a stop (${mode}) neither ends nor waits for trials that others run in the same study`, async (t) => {
    let hasOrder = false;
    const { session, log, record, workforce } = await cluster(t, {
      report: () => (hasOrder ? { state: 'ended', where: 'n1', reason: null } : atWork),
    });
    const end = session.run();
    while (workforce.atWork.length < 3) await setImmediate();
    const others = [{}, { engine: 'slurm', job: '6_0' }, { engine: 'ray', job: '7_0' }];
    for (const other of others) await runsTrial(log, record, other);
    if (mode === 'now') await runsTrial(log, record, { engine: 'slurm', job: '7_1' });
    session.stop(mode);
    hasOrder = true;
    assert.equal((await end).state, 'stopped');
    const { running, fail } = TrialState;
    assert.deepEqual([...record.history.states], [running, running, running, ...(mode === 'now' ? [fail] : [])]);
  });
}

test('a stop now after one that waits for the running trials ends their workers at once', async (t) => {
  const { session, said, cancelled, log, record, workforce } = await cluster(t, { report: () => atWork });
  await runsTrial(log, record, { engine: 'slurm', job: '7_0' });
  const end = session.run();
  while (workforce.atWork.length < 3) await setImmediate();
  session.stop('afterCurrent');
  await said(/after the running trials/);
  assert.equal(cancelled.size, 0);
  session.stop('now');
  assert.deepEqual(await end, { state: 'stopped' });
  assert.equal(cancelled.size, 3);
});

test('a worker that leaves a waiting trial behind is replaced; after three there is nothing to be done', async (t) => {
  const report = (): WorkerReport => ({ state: 'ended', where: 'n1', reason: null });
  let asked = 0;
  const { session, workforce, log, record } = await cluster(t, { report, submit: () => void asked++ });
  session.setParallel(1);
  await log.createTrial(record, { state: TrialState.waiting });
  await session.run();
  assert.deepEqual([asked, workforce.ended], [3, 3]);
});
