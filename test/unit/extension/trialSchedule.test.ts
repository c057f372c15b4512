import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../../../src/core/study/changes.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { panelDetail, panelRows } from '../../../src/extension/panel/panelRows.ts';
import { trialFacts } from '../../../src/extension/studies/trialFacts.ts';
import { scheduleOf } from '../../../src/extension/studies/trialSchedule.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { treeTooltip } from '../../../src/extension/tree/treeTooltip.ts';
import { english } from '../../support/words.ts';
import { addTrial, oneStudy, setRun } from './studyList.ts';

const NOW = 10_000;

async function factsWith(systemAttrs: Record<string, JsonValue>, state: TrialState = TrialState.complete) {
  const { history } = await oneStudy();
  const number = history.add({ state, values: state === TrialState.complete ? [0.5] : null, systemAttrs });
  const facts = trialFacts(history, number, english);
  return facts.map(({ name, text }) => `${name}: ${text}`);
}

test('a trial says in words who proposed it, its rung and why it waits', async () => {
  assert.deepEqual(await factsWith({ 'tuneboard:member': 'gp' }), ['Proposed by: Gaussian process']);
  assert.deepEqual(await factsWith({ 'tuneboard:member': 'something new' }), ['Proposed by: something new']);
  const rung = { 'tuneboard:rung': { bracket: 1, rung: 2, step: 9 }, 'tuneboard:promoted': [3, 9] };
  assert.deepEqual(await factsWith({ ...rung, 'tuneboard:paused': { step: 9 } }, TrialState.waiting), [
    'Rung: 2, up to step 9',
    'Bracket: 1',
    'Promoted: to step 3, 9',
    'Paused: at step 9',
  ]);
  assert.deepEqual(
    await factsWith({ ...rung, 'tuneboard:paused': { step: 9 } }),
    ['Rung: 2, up to step 9', 'Bracket: 1', 'Promoted: to step 3, 9'],
    'the mark stays when the trial goes on',
  );
  assert.deepEqual(await factsWith({ completed_rung_0: 0.1, completed_rung_1: 0.2 }), ['Rung: 1']);
});

test('a trial says in words its generation, its place in a population, and its constraints', async () => {
  for (const key of ['NSGAIISampler:generation', 'NSGAIIISampler:generation', 'nsga2:generation', 'cma:generation']) {
    assert.deepEqual(await factsWith({ [key]: 4 }), ['Generation: 4']);
  }
  const bred = { 'tuneboard:pbt': { member: 3, generation: 2, parent: 11, step: 40 } };
  assert.deepEqual(await factsWith({ ...bred, 'tuneboard:rung': { bracket: 3, rung: 0, step: 50 } }), [
    'Generation: 2',
    'Member of the population: 3',
    'Weights from: trial 11, step 40',
  ]);
  assert.deepEqual(await factsWith({ 'constraints:size': 0.5, 'constraints:time': -1 }), [
    'Constraints: 1 of 2 violated',
    'Constraint size: 0.5, violated',
    'Constraint time: -1',
  ]);
  assert.deepEqual(await factsWith({ constraints: [0, -2] }), [
    'Constraints: satisfied',
    'Constraint 0: 0',
    'Constraint 1: -2',
  ]);
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`constraints:c${at}`, at - 38]));
  assert.deepEqual(await factsWith(many), ['Constraints: 1 of 40 violated', 'Constraint c39: 1, violated']);
});

test('a complete trial that violates a constraint looks and sounds different', async () => {
  const { list, study, history } = await oneStudy();
  const number = history.add({ state: TrialState.complete, values: [0.9], systemAttrs: { 'constraints:size': 2 } });
  const fine = addTrial(history, TrialState.complete, 0.5);
  addTrial(history, TrialState.complete, 0.4);
  const model = new TreeModel(list);
  const row = (of: number) => treeRow(model.trialNode(study, of), english, NOW);
  assert.equal(row(number).icon, 'circle-slash');
  assert.match(row(number).spoken, /violates a constraint/);
  assert.equal(row(fine).icon, 'star-full');
  assert.doesNotMatch(row(fine).spoken, /violates/);
  assert.match(treeTooltip(model.trialNode(study, number), english, NOW), /1 of 1 violated/);
});

test('attributes of any shape are read or passed over', async () => {
  const { history } = await oneStudy();
  const keys = ['tuneboard:rung', 'tuneboard:promoted', 'tuneboard:paused', 'tuneboard:pbt', 'tuneboard:member'];
  const more = ['completed_rung_0', 'completed_rung_x', 'nsga2:generation', 'constraints', 'constraints:a'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys, ...more), fc.jsonValue()), (attrs) => {
      const systemAttrs = attrs as Record<string, JsonValue>;
      const number = history.add({ state: TrialState.waiting, systemAttrs });
      const schedule = scheduleOf(history, number);
      for (const rung of schedule?.rungs ?? []) assert.ok(Number.isSafeInteger(rung));
      for (const { name, text } of trialFacts(history, number, english)) assert.ok(name !== '' && text !== '');
      panelRows(history, Uint32Array.of(number));
    }),
    { examples: [[{ constraints: [{ toString: 0, valueOf: 0 }] }], [{ 'constraints:a': { toString: '' } }]] },
  );
});

test('the tree keeps paused trials apart from those that have not begun', async () => {
  const { list, study, history } = await oneStudy();
  setRun(study, 'running', true);
  history.add({ state: TrialState.waiting });
  const number = addTrial(history, TrialState.running);
  const model = new TreeModel(list);
  const groups = () => model.children(model.studyNode(study)).map((node) => treeRow(node, english, NOW));
  const texts = () => groups().map(({ label, description }) => `${label} ${description}`);
  model.changed(study);
  assert.deepEqual(texts(), ['Running 1', 'Waiting 1']);
  history.apply({ type: 'systemAttr', number, key: 'tuneboard:paused', value: { step: 3 } });
  history.apply({ type: 'state', number, state: TrialState.waiting });
  assert.deepEqual(model.changed(study), [model.studyNode(study)]);
  assert.deepEqual(texts(), ['Paused 1', 'Waiting 1']);
  assert.equal(groups()[0]?.icon, 'debug-pause');
  const trial = model.trialNode(study, number);
  assert.deepEqual(model.children(model.parent(trial) as never), [trial]);
  assert.equal(treeRow(model.parent(trial) as never, english, NOW).label, 'Paused');
  assert.match(treeRow(trial, english, NOW).spoken, /Paused/);
  assert.match(
    treeRow(trial, english, NOW).context,
    /^trial\.paused\b.*\.hasOutput\b/,
    'it has run, so it has printed',
  );
  const facts = model.children(trial).map((node) => treeRow(node, english, NOW));
  assert.ok(facts.some(({ label, description }) => label === 'Paused' && description === 'at step 3'));
  assert.match(treeTooltip(trial, english, NOW), /\*\*Trial 1\*\* Paused/);
  assert.match(treeTooltip(model.studyNode(study), english, NOW), /Paused 1 · Waiting 1/);
  history.apply({ type: 'state', number, state: TrialState.running });
  model.changed(study);
  assert.deepEqual(texts(), ['Running 1', 'Waiting 1']);
});

test('the panel gets rungs and places as columns, and none where nothing is noted', async () => {
  const { history } = await oneStudy();
  addTrial(history, TrialState.complete);
  assert.equal(panelRows(history, Uint32Array.of(0)).schedule, null);
  const rung = { bracket: 0, rung: 1, step: 3 };
  const paused = history.add({
    state: TrialState.waiting,
    systemAttrs: { 'tuneboard:rung': rung, 'tuneboard:promoted': [3], 'tuneboard:paused': { step: 3 } },
  });
  const bred = history.add({
    state: TrialState.running,
    systemAttrs: { 'tuneboard:pbt': { member: 2, generation: 4, parent: 0, step: 20 } },
    intermediate: [[25, 0.5]],
  });
  const schedule = panelRows(history, Uint32Array.of(0, paused, bred)).schedule;
  assert.ok(schedule);
  assert.deepEqual([...schedule.paused], [0, 1, 0]);
  assert.deepEqual([...schedule.rungOffsets], [0, 0, 1, 1]);
  assert.deepEqual([[...schedule.rungs], schedule.areRungsSteps], [[3], true]);
  assert.deepEqual([...schedule.brackets], [-1, 0, -1]);
  assert.deepEqual([...schedule.members], [-1, -1, 2]);
  assert.deepEqual([...schedule.parents], [-1, -1, 0]);
  assert.deepEqual([schedule.trainedFrom[2], schedule.trainedTo[2]], [20, 25]);
  const { facts } = panelDetail(history, bred, { exists: false, curves: [] }, english);
  assert.ok(facts.some(({ name, text }) => name === 'Member of the population' && text === '2'));
});
