import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAIL_REASON } from '../../../src/core/study/attributes.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { panelHeader } from '../../../src/extension/panel/panelRows.ts';
import { StudyEntry } from '../../../src/extension/studies/studyEntry.ts';
import { StudyRegistry } from '../../../src/extension/studies/studyRegistry.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import type { TreeNode } from '../../../src/extension/tree/treeNode.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { treeTooltip } from '../../../src/extension/tree/treeTooltip.ts';
import { sealed } from '../../../src/runs/recordTrust.ts';
import { runFolderAt } from '../../../src/runs/runFolder.ts';
import { makeRuns } from '../../support/manyRuns.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { english } from '../../support/words.ts';
import { addTrial, oneStudy, setRun } from './studyList.ts';

const NOW = 10_000;
const row = (node: TreeNode) => treeRow(node, english, NOW);
const texts = (nodes: readonly TreeNode[]) => nodes.map((node) => `${row(node).label} ${row(node).description}`.trim());

function childOf(model: TreeModel, node: TreeNode, label: string): TreeNode {
  const child = model.children(node).find((other) => row(other).label === label);
  assert.ok(child, `${label} below ${row(node).label}`);
  return child;
}

test('a study shows its groups with counts, best first, and only those with trials', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  addTrial(history, TrialState.complete, 0.81);
  addTrial(history, TrialState.complete, 0.9312);
  addTrial(history, TrialState.running);
  addTrial(history, TrialState.pruned);
  const model = new TreeModel(list);
  const [root] = model.roots();
  assert.ok(root);
  assert.equal(row(root).label, 'digits');
  assert.match(row(root).description, /^3\/100 · best 0\.9312/);
  assert.deepEqual(texts(model.children(root)), ['Best #1  0.9312', 'Running 1', 'Complete 2', 'Pruned 1']);
});

test('a study says how far its best is ahead of the own values of the person', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  const model = new TreeModel(list);
  const root = model.studyNode(study);
  addTrial(history, TrialState.complete, 0.8, true);
  assert.doesNotMatch(row(root).description, /trial 0/);
  model.changed(study);
  addTrial(history, TrialState.complete, 0.7);
  assert.deepEqual(model.changed(study), [root]);
  assert.match(row(root).description, /best 0\.8000? · your own values are best/);
  addTrial(history, TrialState.complete, 0.84);
  assert.match(row(root).description, /best 0\.8400? · 0\.04 \(5 %\) better than trial 0/);
  assert.match(treeTooltip(root, english, NOW), /better than that of your own values in trial 0/);
  assert.equal(panelHeader(study, english, { isTrusted: true, now: NOW }).ahead, '0.04 (5 %) better than trial 0');
});

test('a study whose trials all have one value says so until one differs', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  const model = new TreeModel(list);
  const root = model.studyNode(study);
  const header = () => panelHeader(study, english, { isTrusted: true, now: NOW });
  for (let count = 0; count < 3; count++) addTrial(history, TrialState.complete, 0.841);
  assert.match(row(root).description, /^All 3 complete trials have different parameters and exactly the same value/);
  assert.match(treeTooltip(root, english, NOW), /check that the program uses the parameters/);
  assert.match(header().message ?? '', /^All 3 complete trials/);
  model.changed(study);
  addTrial(history, TrialState.complete, 0.5);
  assert.deepEqual(model.changed(study), [root]);
  assert.doesNotMatch(row(root).description, /same value/);
  assert.equal(header().message, null);
});

test('of studies with one name each says in which folder it is', async () => {
  const { list, study } = await oneStudy();
  setRun(study, 'finished', false);
  const [root] = new TreeModel(list).roots();
  assert.ok(root && !row(root).description.startsWith('w'), 'alone it does not');
  study.hasNamesake = true;
  assert.match(row(root).description, / · w$/);
});

test('a trial says its value and the parameters that matter most, and lists what is known of it', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'finished', false);
  for (let value = 0; value < 12; value++) addTrial(history, TrialState.complete, value / 20);
  const model = new TreeModel(list);
  const complete = childOf(model, model.studyNode(study), 'Complete');
  const trial = model.children(complete)[3] as TreeNode;
  // lr decides the value, optim alternates: lr comes first although it was suggested second.
  assert.deepEqual(texts([trial]), ['#3  0.1500 lr 0.0708  optim adamw']);
  assert.deepEqual(texts(model.children(trial)).slice(0, 3), ['value 0.15', 'optim adamw', `lr ${10 ** -1.15}`]);
  assert.equal(texts(model.children(trial)).at(-1), 'Output trial 3');
  assert.match(treeTooltip(trial, english, NOW), /\| lr \| 0&#46;0707/);
});

test('trials in parts count once they have shown something; a study that has nothing left to do is not resumed', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  const studyRow = () => row(new TreeModel(list).studyNode(study));
  const rung = { 'tuneboard:rung': { bracket: 0, rung: 0, step: 1 } };
  for (let count = 0; count < 4; count++) history.add({ state: TrialState.running, systemAttrs: rung });
  assert.match(studyRow().description, /^0\/100/);
  const model = new TreeModel(list);
  const root = model.studyNode(study);
  model.changed(study);
  for (const number of [0, 1, 2]) {
    history.apply({ type: 'systemAttr', number, key: 'tuneboard:paused', value: { step: 1 } });
    history.apply({ type: 'state', number, state: TrialState.waiting });
  }
  assert.match(studyRow().description, /^3\/100/);
  assert.deepEqual(model.changed(study), [root], 'its row is drawn anew');
  history.apply({ type: 'state', number: 0, state: TrialState.running });
  assert.match(studyRow().description, /^3\/100/, 'a promoted trial still counts');
  setRun(study, 'stopped', false);
  assert.match(studyRow().context, /resumable/);
  for (const number of [0, 1, 2, 3]) history.apply({ type: 'state', number, state: TrialState.pruned, values: null });
  setRun(study, 'finished', false, { steering: ['setParallel'] });
  assert.match(studyRow().description, /^4 trials/);
  assert.doesNotMatch(studyRow().context, /resumable/);
});

test('a population counts its members and steps, not the stretches of their trainings', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  const add = (member: number, generation: number, step: number) =>
    history.add({
      state: TrialState.running,
      systemAttrs: { 'tuneboard:pbt': { member, generation, parent: null, step } },
    });
  add(0, 0, 0);
  add(1, 0, 0);
  const description = () => row(new TreeModel(list).studyNode(study)).description;
  assert.match(description(), /^2 members at step 0/);
  history.apply({ type: 'intermediate', number: 0, step: 10, value: 0.5 });
  add(1, 1, 10);
  history.apply({ type: 'intermediate', number: 2, step: 20, value: 0.5 });
  assert.match(description(), /^2 members at step 20/);
});

test('rows keep their identity while the study grows', async () => {
  const { list, study, history } = await oneStudy();
  addTrial(history, TrialState.complete);
  const model = new TreeModel(list);
  const root = model.studyNode(study);
  const before = new Map(everyRow(model, root).map((node) => [node.id, node]));
  for (let count = 0; count < 50; count++) addTrial(history, TrialState.complete, count / 100);
  for (const node of everyRow(model, root)) if (before.has(node.id)) assert.equal(node, before.get(node.id));
});

function everyRow(model: TreeModel, node: TreeNode): TreeNode[] {
  return [node, ...model.children(node).flatMap((child) => everyRow(model, child))];
}

test('every row of a tree has an id of its own, and its parent leads to it', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  const states = Object.values(TrialState);
  for (let count = 0; count < 700; count++)
    addTrial(history, states[count % 3 === 0 ? count % 5 : 1] as TrialState, count / 700);
  const model = new TreeModel(list);
  const rows = everyRow(model, model.studyNode(study));
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  for (const node of rows) {
    if (node.kind === 'study' || node.kind === 'fact') continue;
    const parent = model.parent(node);
    assert.ok(parent && model.children(parent).includes(node), node.id);
  }
});

test('a study of several in a storage leads to the storage, also before any row was shown', async () => {
  const { list, study } = await oneStudy();
  const other = new StudyEntry('/runs/journal.log#other', 'other');
  other.storage = study.storage;
  other.record = study.record;
  const both = [study, other];
  const model = new TreeModel({ ...list, studies: both, studiesOf: () => both });
  const parent = model.parent(model.studyNode(study));
  assert.equal(parent?.kind, 'storage');
  assert.equal(model.parent(parent), undefined);
  assert.deepEqual(model.roots(), [parent]);
});

test('a report changes one row; a finished trial the study; nothing changes nothing', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  addTrial(history, TrialState.complete);
  const first = addTrial(history, TrialState.running);
  const second = addTrial(history, TrialState.running);
  const model = new TreeModel(list);
  everyRow(model, model.studyNode(study));
  model.changed(study);
  assert.deepEqual(model.changed(study), []);
  history.apply({ type: 'intermediate', number: second, step: 1, value: 0.7 });
  assert.deepEqual(texts(model.changed(study)), ['#2  step 1 · 0.7000 optim sgd  lr 0.0316']);
  addTrial(history, TrialState.running);
  assert.deepEqual(texts(model.changed(study)), ['Running 3']);
  history.apply({ type: 'state', number: first, state: TrialState.complete, values: [0.9] });
  assert.deepEqual(model.changed(study), [model.studyNode(study)]);
});

test('a failed trial says why, in one sentence', async () => {
  const { list, history, study } = await oneStudy();
  const failed = (error: string) => history.add({ state: TrialState.fail, userAttrs: { [FAIL_REASON]: error } });
  const model = new TreeModel(list);
  const short = model.trialNode(study, failed('The program ended with 1.'));
  assert.equal(row(short).description, 'The program ended with 1.');
  assert.match(treeTooltip(short, english, NOW), /The program ended with 1/);
  assert.doesNotMatch(treeTooltip(short, english, NOW), /tuneboard/);
  assert.deepEqual(texts(model.children(short)), []);
  const long = model.trialNode(study, failed('The program ended with 1.\nTraceback'));
  assert.equal(row(long).description, 'The program ended with 1.');
  assert.match(treeTooltip(long, english, NOW), /Traceback/, 'the last lines are there to read');
});

test('running trials of a process that is gone are shown as interrupted, those of another writer are not', async () => {
  const { list, study, history } = await oneStudy();
  const number = addTrial(history, TrialState.running);
  setRun(study, 'running', false);
  const model = new TreeModel(list);
  assert.match(row(model.studyNode(study)).description, /interrupted: the process is gone/);
  assert.equal(row(model.trialNode(study, number)).label, '#0  interrupted');
  const later = history.add({ state: TrialState.running, startedAt: 9000 });
  assert.equal(study.isInterrupted(later), false);
  setRun(study, 'running', true);
  assert.equal(study.isInterrupted(number), false);
});

test('context values say what can be done: resume only without a process, orders only that it can follow', async () => {
  const { list, study, history } = await oneStudy();
  addTrial(history, TrialState.complete);
  const model = new TreeModel(list);
  const context = () => row(model.studyNode(study)).context.split('.');
  const trial = () => row(model.trialNode(study, 0)).context.split('.');
  assert.deepEqual(context(), ['study', 'hasBest']);
  setRun(study, 'running', true);
  assert.deepEqual(context(), ['study', 'running', 'hasBest', 'hasLog']);
  assert.ok(!trial().includes('enqueueable') && !trial().includes('killable'));
  setRun(study, 'running', true, { steering: ['pause', 'enqueue'] });
  assert.deepEqual(context(), ['study', 'running', 'pausable', 'hasBest', 'hasLog']);
  assert.ok(trial().includes('enqueueable') && !trial().includes('killable'));
  setRun(study, 'paused', true, { steering: ['pause', 'killTrial'] });
  assert.deepEqual(context(), ['study', 'paused', 'hasBest', 'hasLog']);
  assert.ok(trial().includes('killable'));
  setRun(study, 'stopped', false, { steering: ['pause', 'enqueue', 'killTrial'] });
  assert.deepEqual(context(), ['study', 'resumable', 'hasBest', 'hasLog']);
  assert.ok(!trial().includes('enqueueable') && !trial().includes('killable'));
});

test('of several objectives the Pareto front is best', async () => {
  const { list, study, history } = await oneStudy([Direction.maximize, Direction.maximize]);
  for (const value of [0.2, 0.8, 0.5]) addTrial(history, TrialState.complete, value);
  history.add({ state: TrialState.complete, values: [0.4, 0.4] });
  const model = new TreeModel(list);
  const best = childOf(model, model.studyNode(study), 'Best');
  assert.equal(row(best).description, '3 on the Pareto front');
  assert.deepEqual(
    model.children(best).map((node) => (node.kind === 'trial' ? node.number : -1)),
    [0, 1, 2],
  );
});

test('a name from outside cannot put Markdown or commands into a tooltip', async () => {
  const { list, study, history } = await oneStudy();
  history.add({ state: TrialState.complete, values: [1], userAttrs: { 'a[x](command:evil)': '$(zap) <img> |' } });
  const tooltip = treeTooltip(new TreeModel(list).trialNode(study, 0), english, NOW);
  assert.doesNotMatch(tooltip, /[^\\]\]\(command:|<img>|(^|[^\\])\$\(zap/);
});

test('a trial that runs in place of another changes the group, though the number in it stays', async () => {
  const { list, study, history } = await oneStudy();
  const [first, second] = [addTrial(history, TrialState.running), addTrial(history, TrialState.waiting)];
  history.apply({ type: 'systemAttr', number: second, key: 'tuneboard:paused', value: { step: 1 } });
  const model = new TreeModel(list);
  const running = childOf(model, model.studyNode(study), 'Running');
  model.changed(study);
  assert.deepEqual(model.children(running), [model.trialNode(study, first)]);
  history.apply({ type: 'systemAttr', number: first, key: 'tuneboard:paused', value: { step: 1 } });
  history.apply({ type: 'state', number: first, state: TrialState.waiting });
  history.apply({ type: 'state', number: second, state: TrialState.running });
  const changed = model.changed(study);
  assert.ok(changed.includes(running) || changed.includes(model.studyNode(study)), 'its rows are drawn anew');
  assert.deepEqual(model.children(running), [model.trialNode(study, second)]);
});

test('a row that is opened before its file is read has its children', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 3);
  const registry = new StudyRegistry({ explain: String, report: (error) => assert.fail(String(error)) });
  t.after(() => registry.dispose());
  await registry.list([workspace]);
  const study = registry.studies[2] ?? assert.fail();
  assert.equal(study.isUnread, true);
  const model = new TreeModel(registry);
  await registry.look(study);
  assert.ok(model.children(model.studyNode(study)).length > 0);
});

test('a run is proven by its window or by the seal of its record, and not by a record put in its place', async (t) => {
  const before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = temporaryFolder(t);
  t.after(() => {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
  });
  const { study } = await oneStudy();
  assert.equal(study.isProven, false, 'no run');
  setRun(study, 'failed', false);
  const path = join(temporaryFolder(t), '.tuneboard', 'digits');
  mkdirSync(path, { recursive: true });
  const run = { ...(study.run ?? assert.fail()), folder: runFolderAt(path) };
  study.run = run;
  assert.equal(study.isProven, false);
  study.run = { ...run, record: sealed(run.record, run.folder) };
  assert.equal(study.isProven, true);
  study.run = { ...run, record: { ...sealed(run.record, run.folder), launch: { cwd: '/w', python: '/w/evil' } } };
  assert.equal(study.isProven, false, 'changed after it was sealed');
  study.run = { ...run, isOwn: true };
  assert.equal(study.isProven, true);
});
