import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OWNER } from '../../../src/core/study/attributes.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { StudyRegistry } from '../../../src/extension/studies/studyRegistry.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { processNamespace } from '../../../src/runs/trialOwner.ts';
import { makeRuns } from '../../support/manyRuns.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { turns } from '../../support/turns.ts';
import { english } from '../../support/words.ts';
import { oneStudy } from './studyList.ts';

/** In milliseconds of this thread's processor: other tests may keep the machine busy. */
const LONGEST_BLOCK_MS = 50;

test('a thousand runs block the event loop for no longer than a moment, and have few watchers', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 1000);
  const longest: number[] = [];
  // What blocks blocks every time; what the machine does besides does not.
  for (let round = 0; round < 3 && !longest.some((ms) => ms < LONGEST_BLOCK_MS); round++)
    longest.push(await openAll(t, workspace));
  assert.ok(Math.min(...longest) < LONGEST_BLOCK_MS, `blocked for ${longest.join(', ')} ms`);
});

/** Opens the folder, draws its rows, and tells the longest turn in milliseconds. */
async function openAll(t: TestContext, workspace: string): Promise<number> {
  const registry = new StudyRegistry({ explain: String, report: (error) => assert.fail(String(error)) });
  const model = new TreeModel(registry);
  let changes = 0;
  registry.onDidChange(({ studies }) => {
    changes++;
    for (const study of studies) model.changed(study);
  });
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const longestTurn = turns();
  await registry.list([workspace]);
  assert.equal(registry.studies.length, 1000, 'all are listed before any is read');
  const roots = model.roots();
  assert.equal(treeRow(roots[0] ?? assert.fail(), english, 0).description, 'reading');
  await registry.settled();
  await delay(5);
  for (const node of roots) treeRow(node, english, 0);
  await delay(5);
  delays.disable();
  const longest = Math.round(longestTurn());
  t.diagnostic(`longest turn ${longest} ms of the processor, ${(delays.max / 1e6).toFixed(0)} ms on the clock`);
  assert.ok(registry.studies.every(({ history }) => history?.length === 20));
  assert.ok(changes < 300, `told ${changes} times`);
  const watchers = process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
  assert.ok(watchers <= 40, `${watchers} watchers`);
  registry.dispose();
  return longest;
}

test('a hundred thousand running trials, each with an owner, are counted and drawn in one moment', async () => {
  const { study, history, list } = await oneStudy();
  const owner = { host: hostname(), start: '0:1', session: 's', namespace: processNamespace() ?? '' };
  const [gone, there] = [
    { ...owner, pid: 2 ** 30 },
    { ...owner, pid: process.pid },
  ];
  const add = (number: number) =>
    history.add({ state: TrialState.running, systemAttrs: { [OWNER]: number % 2 === 0 ? gone : there } });
  for (let number = 0; number < 100_000; number++) add(number);
  const took: number[] = [];
  for (let round = 0; round < 5; round++) {
    add(1);
    const model = new TreeModel(list);
    const before = process.threadCpuUsage();
    model.changed(study);
    const { user, system } = process.threadCpuUsage(before);
    took.push((user + system) / 1000);
  }
  assert.equal(study.runningElsewhere, 50_005);
  assert.ok(Math.min(...took) < LONGEST_BLOCK_MS, `${took.join(', ')} ms`);
});
