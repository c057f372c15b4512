import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { FAIL_REASON, OWNER } from '../../../src/core/study/attributes.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { pausedTrials } from '../../../src/core/study/paused.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { isOrphaned } from '../../../src/runs/trialOwner.ts';
import { Budget, RunningTime } from '../../../src/tuner/run/budget.ts';
import { newOwner, SignedLog } from '../../../src/tuner/trials/ownership.ts';
import { repairTrials } from '../../../src/tuner/trials/repair.ts';
import { GpuSlots } from '../../../src/tuner/trials/studySession.ts';
import { FailureStreak } from '../../../src/tuner/trials/trialEnds.ts';
import { CurveReach } from '../../../src/tuner/trials/trialRecorder.ts';
import { judge } from '../../../src/tuner/trials/verdict.ts';
import { verbatim } from '../../../src/words/message.ts';

const distribution = floatDistribution(0, 1);
const wanted = (...metrics: string[]) => ({ metrics, constraints: [] });

async function memoryStudy() {
  const log = new MemoryLog();
  const study = await log.createStudy({ name: 's', directions: [Direction.maximize] });
  return { log, study };
}

test('a budget counts finished trials of all runs, but not interrupted ones', async () => {
  const { log, study } = await memoryStudy();
  let now = 0;
  const budget = new Budget(study.history, { trials: 4, timeoutMs: 1000 }, new RunningTime(() => now));
  await log.createTrial(study, { state: TrialState.complete, values: [1] });
  await log.createTrial(study, { state: TrialState.pruned });
  await log.createTrial(study, { state: TrialState.fail });
  await log.createTrial(study, { state: TrialState.fail, systemAttrs: { 'tuneboard:interrupted': 'tuner-died' } });
  await log.createTrial(study, { state: TrialState.running });
  assert.equal(budget.finished, 3);
  assert.equal(budget.startable(1), 0);
  assert.equal(budget.startable(0), 1);
  now = 600;
  budget.pause();
  now = 5000;
  assert.equal(budget.leftMs, 400);
  budget.resume();
  now = 5400;
  assert.ok(budget.isTimeUp);
  assert.equal(budget.startable(0), 0);
});

test('a run whose first five trials fail alike stops; one that differs goes on', () => {
  const failure = (reason: string, isFatal = false) => ({ code: 'exit', reason: verbatim(reason), isFatal });
  const alike = new FailureStreak();
  for (let trial = 0; trial < 4; trial++) assert.equal(alike.add(failure(`line ${trial}: 1e-${trial}`)), undefined);
  assert.match(alike.add(failure('line 9: 1e-9'))?.text ?? '', /first 5 trials all failed the same way/);
  const mixed = new FailureStreak();
  for (const reason of ['a', 'b', 'a', 'a', 'a', 'a', 'a']) assert.equal(mixed.add(failure(reason)), undefined);
  const recovered = new FailureStreak();
  recovered.add(failure('a'));
  recovered.add(undefined);
  for (let trial = 0; trial < 9; trial++) assert.equal(recovered.add(failure('a')), undefined);
  assert.equal(new FailureStreak().add(failure('not found', true))?.text, 'not found');
});

test('GPUs are handed out one a trial, and shared evenly when there are more trials', () => {
  const slots = new GpuSlots([2, 5]);
  assert.deepEqual([slots.take(), slots.take(), slots.take()], [2, 5, 2]);
  slots.giveBack(5);
  assert.equal(slots.take(), 5);
  assert.equal(new GpuSlots(null).take(), null);
});

test('verdicts: values, NaN, missing metrics, several objectives', () => {
  const done = { type: 'done', lastLines: ['bye'] } as const;
  const values = (entries: [string, number][]) => new Map(entries);
  assert.deepEqual(judge(done, wanted('f1'), values([['f1', 0.5]])), { state: TrialState.complete, values: [0.5] });
  assert.deepEqual(
    judge(
      done,
      wanted('b', 'a'),
      values([
        ['a', 1],
        ['b', 2],
      ]),
    ).values,
    [2, 1],
  );
  assert.equal(judge(done, wanted('f1'), values([['f1', Number.NaN]])).failure?.code, 'nan');
  assert.match(
    judge(done, wanted('f1', 'ms'), values([['f1', 1]])).failure?.reason.text ?? '',
    /never reported ms, only f1/,
  );
  assert.match(
    judge({ ...done, lastLines: [] }, wanted('f1'), values([])).failure?.reason.text ?? '',
    /printed nothing/,
  );
  assert.match(judge(done, wanted('f1'), values([])).failure?.reason.text ?? '', /printed no metric/);
  const inWords = judge({ ...done, lastLines: ['Val Loss: 0.3'] }, wanted('f1'), values([]));
  assert.match(inWords.failure?.reason.text ?? '', /never reported f1, only Val Loss/);
});

test('a dead tuner is repaired once; live, foreign and unsigned trials are left alone', async () => {
  const { log, study } = await memoryStudy();
  const live = newOwner();
  const dead = { ...live, pid: 2 ** 22 + 1, start: 'gone' };
  const reused = { ...live, start: 'another process had this pid' };
  const param = { name: 'x', internal: 0.25, distribution };
  const running = (owner: object | null, more = {}) =>
    log.createTrial(study, {
      state: TrialState.running,
      params: [param],
      systemAttrs: owner ? { [OWNER]: owner as never, ...more } : {},
    });
  await running(live);
  await running(dead);
  await running({ ...dead, host: 'another machine' });
  await running(null);
  await running(reused, { fixed_params: { x: 0.25, y: 7 } });
  // A tuner of this machine dies for reasons of a person's.
  await running(dead, { 'tuneboard:cut-off': { times: 9, step: 0 } });
  const { history } = study;
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((number) => isOrphaned(history, number, live.host)),
    [false, true, false, false, true, true],
  );
  const repaired = await repairTrials(log, study, { host: live.host });
  assert.deepEqual(repaired, [
    { number: 1, goesOn: true },
    { number: 4, goesOn: true },
    { number: 5, goesOn: true },
  ]);
  assert.deepEqual([...history.states], [0, 4, 0, 0, 4, 4], 'they keep their numbers');
  assert.deepEqual(history.params(4), { x: 0.25 });
  assert.deepEqual(history.systemAttrs(4)['fixed_params'], { x: 0.25, y: 7 });
  assert.deepEqual(history.systemAttrs(5)['tuneboard:cut-off'], { times: 10, step: 0 });
  assert.deepEqual(await repairTrials(log, study, { host: live.host }), []);
});

test('a trial of a scheduler is paused by a repair, and goes on itself', async () => {
  const { log, study } = await memoryStudy();
  const dead = { ...newOwner(), pid: 2 ** 22 + 1, start: 'gone' };
  const rung = { bracket: 0, rung: 1, step: 3 };
  const systemAttrs = { [OWNER]: dead as never, 'tuneboard:rung': rung };
  for (let trial = 0; trial < 2; trial++) {
    await log.createTrial(study, { state: TrialState.running, systemAttrs, intermediate: [[1, 0.5]] });
  }
  assert.deepEqual(await repairTrials(log, study, { host: dead.host }), [
    { number: 0, goesOn: true },
    { number: 1, goesOn: true },
  ]);
  assert.deepEqual(pausedTrials(study.history), [0, 1]);
  assert.deepEqual(study.history.systemAttrs(0)['tuneboard:paused'], { step: 1 });
  assert.equal(study.history.length, 2);
  assert.equal(await log.claimWaiting(study), undefined);
});

test('a trial that costs a cluster one worker after another is not run again for ever, in parts or whole', async () => {
  const { log, study } = await memoryStudy();
  const dead = { ...newOwner({ engine: 'slurm', job: '7_0' }), pid: 2 ** 22 + 1, start: 'gone' };
  const running = (attrs: object) =>
    log.createTrial(study, { state: TrialState.running, systemAttrs: { [OWNER]: dead as never, ...attrs } });
  await running({ 'tuneboard:cut-off': { times: 2, step: 0 } });
  await running({ 'tuneboard:cut-off': { times: 3, step: 0 } });
  const rung = { 'tuneboard:rung': { bracket: 0, rung: 1, step: 3 } };
  await running(rung);
  await running({ ...rung, 'tuneboard:cut-off': { times: 3, step: 0 } });
  assert.deepEqual(await repairTrials(log, study, { host: dead.host }), [
    { number: 0, goesOn: true },
    { number: 1, goesOn: false },
    { number: 2, goesOn: true },
    { number: 3, goesOn: false },
  ]);
  assert.deepEqual(study.history.systemAttrs(2)['tuneboard:cut-off'], { times: 1, step: 0 });
  for (const number of [1, 3]) {
    assert.equal(study.history.state(number), TrialState.fail);
    assert.match(String(study.history.userAttrs(number)[FAIL_REASON]), /^4 workers were lost one after another/);
  }
});

test('a trial is signed by the append that starts it; a waiting one is not', async () => {
  const { log, study } = await memoryStudy();
  const owner = newOwner();
  const signed = new SignedLog(log, owner);
  await signed.createTrial(study, { state: TrialState.running, systemAttrs: { note: 1 } });
  await signed.createTrial(study, { state: TrialState.waiting });
  assert.deepEqual(study.history.systemAttrs(0), { note: 1, [OWNER]: { ...owner, claim: 1 } });
  assert.deepEqual(study.history.systemAttrs(1), {});
  assert.equal(await signed.claimWaiting(study), 1);
  assert.deepEqual(study.history.systemAttrs(1), { [OWNER]: { ...owner, claim: 2 } });
});

test('the reach of a study is the last step of its complete trials', async () => {
  const { log, study } = await memoryStudy();
  const reach = new CurveReach(study.history);
  assert.equal(reach.longest, -1);
  await log.createTrial(study, { state: TrialState.pruned, intermediate: [[9, 1]] });
  assert.equal(reach.longest, -1);
  await log.createTrial(study, {
    state: TrialState.complete,
    values: [1],
    intermediate: [
      [1, 1],
      [4, 1],
      [2, 1],
    ],
  });
  assert.equal(reach.longest, 4);
  await log.createTrial(study, { state: TrialState.complete, values: [1], intermediate: [[3, 1]] });
  assert.equal(reach.longest, 4);
});
