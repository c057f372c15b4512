/** A study on a cluster, in the tree: where its trials run, and who waits or is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import { trialFacts } from '../../../src/extension/studies/trialFacts.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { treeTooltip } from '../../../src/extension/tree/treeTooltip.ts';
import { newOwner } from '../../../src/tuner/trials/ownership.ts';
import { english } from '../../support/words.ts';
import { oneStudy, setRun } from './studyList.ts';

const NOW = 10_000;

test('a study says how many workers it has, and which wait or are lost and why', async () => {
  const { list, study } = await oneStudy();
  setRun(study, 'running', true, {
    engine: 'slurm',
    workers: [
      { id: '7_0', state: 'running', where: 'node1' },
      { id: '7_1', state: 'running', where: 'node2' },
      { id: '7_2', state: 'queued', reason: 'Resources' },
      { id: '7_3', state: 'lost', reason: 'preempted' },
      { id: '7_4', state: 'ended' },
    ],
  });
  const node = new TreeModel(list).studyNode(study);
  assert.match(treeRow(node, english, NOW).description, /2 workers, 1 queued, 1 lost/);
  const lines = treeTooltip(node, english, NOW)
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .split('\n\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('7_')),
    ['7_3 · lost · preempted', '7_2 · queued · Resources', '7_0 · running · node1', '7_1 · running · node2'],
  );
  setRun(study, 'finished', false, { workers: [{ id: '7_0', state: 'ended' }] });
  assert.doesNotMatch(treeRow(node, english, NOW).description, /workers/);
});

test('a trial says where it runs, unless that is here', async () => {
  const { study, history, list } = await oneStudy();
  setRun(study, 'running', true);
  const add = (owner: object) =>
    history.add({ state: TrialState.running, systemAttrs: { 'tuneboard:owner': owner as never } });
  const here = add(newOwner());
  const there = add({ ...newOwner({ beats: 30, engine: 'slurm', job: '7_1' }), host: 'node2' });
  const other = add({ ...newOwner(), host: 'laptop' });
  const placeOf = (number: number) => trialFacts(history, number, english).find(({ name }) => name === 'Ran on')?.text;
  assert.equal(placeOf(here), undefined);
  assert.equal(placeOf(there), 'node2 (slurm 7_1)');
  assert.equal(placeOf(other), 'laptop');
  const model = new TreeModel(list);
  const running = model.children(model.studyNode(study))[0];
  assert.ok(running);
  const rows = model.children(running).map((node) => treeRow(node, english, NOW).description);
  assert.ok(rows.some((text) => text.startsWith('node2')));
  setRun(study, 'interrupted' as never, false);
  assert.equal(study.isInterrupted(there), false, 'its worker goes on without the tuner');
});

test('a trial that was cut off and runs again does not count towards the goal', async () => {
  const { study, history } = await oneStudy();
  setRun(study, 'running', true, { budget: { trials: 3, timeoutMs: null } });
  const fail = (systemAttrs: object) => history.add({ state: TrialState.fail, systemAttrs: systemAttrs as never });
  fail({});
  fail({ 'tuneboard:interrupted': 'worker-lost' });
  assert.deepEqual([study.finished, study.tried, study.goal], [1, 1, 3]);
  history.add({ state: TrialState.complete, values: [1] });
  const again = history.add({ state: TrialState.running });
  assert.equal(study.finished, 2);
  history.apply({ type: 'systemAttr', number: again, key: 'tuneboard:interrupted', value: 'worker-lost' });
  history.apply({ type: 'state', number: again, state: TrialState.fail });
  assert.equal(study.finished, 2);
});
