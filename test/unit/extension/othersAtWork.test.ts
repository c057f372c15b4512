/** A study that a plain script works on is never called at rest between two of its trials, and is when the script has ended. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { History } from '../../../src/core/study/history.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { panelHeader } from '../../../src/extension/panel/panelRows.ts';
import { OthersAtWork } from '../../../src/extension/studies/othersAtWork.ts';
import type { StudyEntry } from '../../../src/extension/studies/studyEntry.ts';
import { stateText, studyLine } from '../../../src/extension/studies/studyLine.ts';
import { processStart } from '../../../src/runs/processIdentity.ts';
import { newOwner } from '../../../src/tuner/trials/ownership.ts';
import { english } from '../../support/words.ts';
import { oneStudy, setRun } from './studyList.ts';

const OURS = { steering: ['setParallel'], pid: process.pid, processStart: processStart(process.pid) ?? '' } as const;

interface Watched {
  readonly study: StudyEntry;
  readonly history: History;
  /** What its row and its panel said after every change. */
  readonly said: string[];
  change(make: () => void): void;
}

async function watched(t: TestContext): Promise<Watched> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { study, history } = await oneStudy();
  const said: string[] = [];
  const note = () => {
    const elsewhere = /running elsewhere/.test(studyLine(study, english, 0)) ? 'row' : '-';
    const panel = panelHeader(study, english, { isTrusted: true, now: 0 }).elsewhere > 0 ? 'panel' : '-';
    said.push([stateText(study, english), elsewhere, panel].join(' '));
  };
  const others = new OthersAtWork(note);
  const change = (make: () => void) => {
    make();
    others.note([study]);
    note();
  };
  return { study, history, said, change };
}

const AT_WORK = 'running elsewhere row panel';
const AT_REST = 'not running - -';
let clock = 1_000_000;

/** What a script leaves of one trial: `pauseMs` after the last one it begins, `lengthMs` later it ends. */
function trial(t: TestContext, { history, change }: Watched, pauseMs: number, lengthMs: number): void {
  const pass = (ms: number) => {
    clock += ms;
    t.mock.timers.tick(ms);
  };
  pass(pauseMs);
  let number = 0;
  change(() => (number = history.add({ state: TrialState.running, startedAt: clock })));
  pass(lengthMs);
  change(() => history.apply({ type: 'state', number, state: TrialState.complete, values: [0.5], at: clock }));
}

test('between the trials of a script the study is at work, however long they and the pauses are', async (t) => {
  for (const [pauseMs, lengthMs] of [
    [1, 3],
    [300, 1],
    [2500, 60_000],
    [9000, 400],
    [9000, 3_600_000],
  ] as const) {
    await t.test(`${pauseMs} ms between trials of ${lengthMs} ms`, async (t) => {
      const one = await watched(t);
      for (let count = 0; count < 20; count++) trial(t, one, count === 0 ? 0 : pauseMs, lengthMs);
      assert.deepEqual(new Set(one.said), new Set([AT_WORK]));
      one.said.length = 0;
      t.mock.timers.tick(600_000);
      assert.deepEqual(one.said, [AT_REST], 'the end is told once');
    });
  }
});

test('a script that grows slower is given more time', async (t) => {
  const one = await watched(t);
  for (const pauseMs of [0, 4000, 9000, 20_000, 45_000]) trial(t, one, pauseMs, 100);
  assert.deepEqual(new Set(one.said), new Set([AT_WORK]));
});

test('a trial that its storage calls running is at work for as long as it does', async (t) => {
  const one = await watched(t);
  one.change(() => one.history.add({ state: TrialState.running, startedAt: clock }));
  t.mock.timers.tick(3_600_000);
  one.change(() => {});
  assert.deepEqual(new Set(one.said), new Set([AT_WORK]));
});

test('a trial that is found to be of this window is no longer elsewhere, at once', async (t) => {
  const one = await watched(t);
  one.change(() =>
    one.history.add({
      state: TrialState.running,
      startedAt: clock,
      systemAttrs: { 'tuneboard:owner': { ...newOwner() } },
    }),
  );
  one.change(() => setRun(one.study, 'running', true, OURS));
  assert.deepEqual(one.said, [AT_WORK, 'running - -']);
});

test('a study at which nobody was seen is at rest', async (t) => {
  const one = await watched(t);
  one.change(() =>
    one.history.add({ state: TrialState.complete, values: [0.5], startedAt: clock, completedAt: clock + 1 }),
  );
  assert.deepEqual(one.said, [AT_REST]);
});
