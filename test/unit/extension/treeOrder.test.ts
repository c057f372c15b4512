import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import { TreeOrder } from '../../../src/extension/tree/treeOrder.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { english } from '../../support/words.ts';
import { addTrial, oneStudy, setRun } from './studyList.ts';

function memory(kept?: unknown) {
  const values = new Map<string, unknown>([['tree', kept]]);
  return {
    get: (key: string) => values.get(key),
    update: async (key: string, value: unknown) => void values.set(key, value),
  };
}

async function threeStudies() {
  const made = await Promise.all(['a', 'b', 'c'].map(() => oneStudy()));
  const studies = made.map(({ study }, at) => Object.assign(study, { id: `#${at}`, name: 'abc'[at] }));
  for (const [at, one] of made.entries()) {
    if (one.study.record) one.study.record = { ...one.study.record, name: one.study.name };
    for (let count = 0; count <= at; count++) addTrial(one.history, TrialState.complete, count);
  }
  return studies;
}

const namesOf = (studies: readonly { readonly name: string }[]) => studies.map(({ name }) => name).join('');

test('studies are listed by name, the newest first, or those that run first', async () => {
  const studies = await threeStudies();
  const [a, b] = studies;
  if (!a || !b) return assert.fail();
  setRun(b, 'running', true);
  const order = new TreeOrder(memory());
  assert.equal(namesOf(order.arrange(studies)), 'abc');
  await order.setName('running');
  assert.equal(namesOf(order.arrange(studies)), 'bac');
  await order.setName('newest');
  if (b.run) b.run = { ...b.run, record: { ...b.run.record, startedAt: 9e15 } };
  assert.equal(namesOf(order.arrange(studies)), 'bac');
  if (b.run) b.run = { ...b.run, record: { ...b.run.record, startedAt: 1 } };
  for (const study of studies)
    if (study !== b)
      assert.ok(
        study.history?.apply({
          type: 'state',
          number: study.history.add({ state: TrialState.waiting }),
          state: TrialState.running,
          at: study === a ? 8e15 : 9e15,
        }),
      );
  assert.equal(namesOf(order.arrange(studies)), 'cab');
});

test('a study that is put away is not listed, unless it runs or a person wants to see it', async () => {
  const studies = await threeStudies();
  const [a] = studies;
  if (!a) return assert.fail();
  const kept = memory();
  const order = new TreeOrder(kept);
  await order.setArchived(a, true);
  assert.equal(namesOf(order.arrange(studies)), 'bc');
  assert.equal(namesOf(new TreeOrder(kept).arrange(studies)), 'bc', 'in the next window');
  await order.setShowsArchived(true);
  assert.equal(namesOf(order.arrange(studies)), 'bca');
  const model = new TreeModel({ studies, storages: [], badRuns: [], studiesOf: () => [] }, (all) => order.arrange(all));
  const last = model.roots().at(-1);
  assert.match(treeRow(last as never, english, 0).description, /^archived · /);
  setRun(a, 'running', true);
  await order.setShowsArchived(false);
  assert.equal(namesOf(order.arrange(studies)), 'abc');
});

test('what was kept in any shape is read', () => {
  for (const kept of [null, 1, 'x', { order: 'toString', archived: 'all' }, { archived: [1, 'a', null] }]) {
    const order = new TreeOrder(memory(kept));
    assert.equal(order.name, 'name');
    assert.equal(order.showsArchived, false);
  }
});

test('a study that a person stopped says so', async () => {
  const { study, history, list } = await oneStudy();
  addTrial(history, TrialState.complete, 1);
  setRun(study, 'stopped', false);
  const [root] = new TreeModel(list).roots();
  assert.match(treeRow(root as never, english, 0).description, /^stopped · 1/);
});
