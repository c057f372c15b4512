import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { paretoFront } from '../../../src/core/fronts/paretoFront.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { frontItems } from '../../../src/extension/commands/frontItems.ts';
import { panelHeader } from '../../../src/extension/panel/panelRows.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import type { TreeNode } from '../../../src/extension/tree/treeNode.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { PAGE } from '../../../src/extension/tree/trialPages.ts';
import { english } from '../../support/words.ts';
import { addTrial, oneStudy } from './studyList.ts';

const { complete, running } = TrialState;
const { minimize, maximize } = Direction;

test('the front is what no other trial beats, however the study came to be', async () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 4 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  const trial = fc.record({
    values: fc.tuple(value, value, value),
    state: fc.constantFrom(complete, complete, running),
    constraint: fc.constantFrom(-1, -1, 1),
  });
  const directions = [minimize, maximize, minimize] as const;
  const { history: empty } = await oneStudy(directions);
  assert.deepEqual(paretoFront(empty), []);
  await fc.assert(
    fc.asyncProperty(fc.array(trial, { maxLength: 40 }), async (trials) => {
      const { history } = await oneStudy(directions);
      for (const { values, state, constraint } of trials) {
        history.add({ state, values, systemAttrs: { constraints: [constraint] } });
        paretoFront(history);
      }
      for (const [number, { values, state }] of trials.entries()) {
        if (state === running) history.apply({ type: 'state', number, state: complete, values });
      }
      const losses = trials.map(({ values: [a, b, c] }) => [a, -b, c]);
      const isUsable = (number: number) =>
        trials[number]?.constraint === -1 && !losses[number]?.some((loss) => Number.isNaN(loss));
      const usable = trials.map((_, number) => number).filter(isUsable);
      const beats = (one: number, other: number) => {
        const [left, right] = [losses[one] as number[], losses[other] as number[]];
        return left.every((loss, at) => loss <= (right[at] as number)) && left.join() !== right.join();
      };
      const wanted = usable.filter((number) => !usable.some((other) => beats(other, number)));
      assert.deepEqual(paretoFront(history), wanted);
    }),
  );
});

test('to insert, the points of the front are told by their values, the best in the first objective first', async () => {
  const { study, history } = await oneStudy([maximize, minimize]);
  Object.assign(study.record ?? {}, { systemAttrs: { 'study:metric_names': ['f1', 'ms'] } });
  const add = (values: number[], lr: number) =>
    history.add({
      state: complete,
      values,
      params: [
        { name: 'lr', internal: lr, distribution: { type: 'float', low: 1e-6, high: 1, log: true, step: null } },
      ],
    });
  add([0.5, 10], 0.001);
  add([0.9, 200], 0.01);
  add([0.4, 20], 0.1);
  history.add({ state: complete, values: [0.95, 400] });
  assert.deepEqual(frontItems(study, english), [
    { label: 'f1 0.9000  ms 200', description: 'trial 1', detail: 'lr 0.01', number: 1 },
    { label: 'f1 0.5000  ms 10', description: 'trial 0', detail: 'lr 0.001', number: 0 },
  ]);
  assert.equal(study.hasBest, true);
  const header = panelHeader(study, english, { isTrusted: true, now: 0 });
  assert.deepEqual([[...header.front], header.best, header.canInsert], [[0, 1, 3], null, true]);
  const one = await oneStudy();
  assert.deepEqual(frontItems(one.study, english), []);
  assert.equal(one.study.hasBest, false);
});

test('the study line and the context say that there is a front to insert from', async () => {
  const { list, study, history } = await oneStudy([maximize, minimize]);
  const model = new TreeModel(list);
  const row = () => treeRow(model.studyNode(study), english, 0);
  assert.ok(!row().context.includes('hasBest'));
  addTrial(history, complete, 0.2);
  addTrial(history, complete, 0.2);
  assert.match(row().description, /2 on the Pareto front/);
  assert.ok(row().context.split('.').includes('hasBest'));
});

test('a long front has pages, and every row of it leads back to Best', async () => {
  const { list, study, history } = await oneStudy([maximize, maximize]);
  for (let count = 0; count < 3 * PAGE; count++) addTrial(history, complete, (count % 2) * 0.5 + count / 2000);
  const model = new TreeModel(list);
  const front = paretoFront(history);
  assert.ok(front.length > PAGE, `${front.length} on the front`);
  const [best] = model.children(model.studyNode(study)) as [TreeNode];
  assert.equal(best.kind, 'best');
  const pages = model.children(best);
  assert.ok(pages.every(({ kind }) => kind === 'range'));
  const trials = pages.flatMap((page) => model.children(page));
  assert.deepEqual(
    trials.map((node) => (node.kind === 'trial' ? node.number : -1)),
    front,
  );
  for (const page of pages) {
    assert.equal(model.parent(page), best);
    for (const node of model.children(page)) assert.equal(model.parent(node), page);
  }
  const own = model.trialNode(study, front[0] as number);
  assert.ok(!trials.includes(own), 'the row below Complete is another one');
  assert.equal(treeRow(trials[0] as TreeNode, english, 0).icon, 'star-full');
});
