/** The tree's pages: by members of a group, where they are for good, however many trials come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrialState } from '../../../src/core/study/states.ts';
import { TreeModel } from '../../../src/extension/tree/treeModel.ts';
import type { TreeNode } from '../../../src/extension/tree/treeNode.ts';
import { treeRow } from '../../../src/extension/tree/treeRow.ts';
import { PAGE } from '../../../src/extension/tree/trialPages.ts';
import { english } from '../../support/words.ts';
import { addTrial, type ListedStudy, oneStudy } from './studyList.ts';

const { complete, pruned, running, waiting } = TrialState;
/** No row may have more children. */
const MOST = 500;

async function studyOf(states: Iterable<TrialState>): Promise<ListedStudy & { model: TreeModel }> {
  const one = await oneStudy();
  for (const state of states) one.history.add({ state, values: state === complete ? [0.5] : null });
  return { ...one, model: new TreeModel(one.list) };
}

function* repeated(state: TrialState, count: number): Iterable<TrialState> {
  for (let number = 0; number < count; number++) yield state;
}

function groupRow(model: TreeModel, { study }: ListedStudy, group: TrialState): TreeNode {
  const found = model.children(model.studyNode(study)).find((node) => node.kind === 'group' && node.group === group);
  assert.ok(found);
  return found;
}

/** All pages below a row with their trials, by id. Asserts on the way that no row has too many children and every parent is right. */
function pagesBelow(model: TreeModel, node: TreeNode, pages = new Map<string, number[]>()): Map<string, number[]> {
  const children = model.children(node);
  assert.ok(children.length <= MOST, `${node.id} has ${children.length} children`);
  for (const child of children) {
    assert.equal(model.parent(child), node, `the row above ${child.id}`);
    if (child.kind === 'range') pagesBelow(model, child, pages);
  }
  pages.set(
    node.id,
    children.flatMap((child) => (child.kind === 'trial' ? [child.number] : (pages.get(child.id) as number[]))),
  );
  return pages;
}

/** The pages that were full stay, with the trials that they had. */
function assertStable(before: ReadonlyMap<string, number[]>, after: ReadonlyMap<string, number[]>): void {
  for (const [id, numbers] of before) {
    const now = new Set(after.get(id));
    const lost = numbers.filter((number) => !now.has(number));
    assert.deepEqual(lost, [], `${id} has lost trials`);
  }
}

const texts = (nodes: readonly TreeNode[]) => {
  return nodes.map((node) => {
    const { label, description } = treeRow(node, english, 0);
    return `${label} ${description}`.trim();
  });
};

for (const count of [199, 200, 499, 19_999, 20_000, 20_200, 99_999, 100_000]) {
  test(`two more trials after ${count} leave every page and every trial on it where it is`, async () => {
    const one = await studyOf(repeated(complete, count));
    const group = groupRow(one.model, one, complete);
    const before = pagesBelow(one.model, group);
    for (let more = 0; more < 2; more++) addTrial(one.history, complete);
    const after = pagesBelow(one.model, group);
    assertStable(before, after);
    assert.deepEqual(
      after.get(group.id),
      Array.from({ length: count + 2 }, (_, number) => number),
    );
  });
}

test('a million trials more leave the pages where they are', async () => {
  const one = await studyOf(repeated(complete, 100_001));
  const group = groupRow(one.model, one, complete);
  const before = pagesBelow(one.model, group);
  for (let number = 100_001; number < 1_000_001; number++) one.history.add({ state: complete, values: [0.5] });
  const after = pagesBelow(one.model, group);
  assertStable(before, after);
  assert.equal(after.get(group.id)?.length, 1_000_001);
});

test('a study opened at any number of trials has the pages that it has when it is watched from the first', async () => {
  const watched = await studyOf([complete]);
  for (let number = 1; number < 2000; number++) {
    addTrial(watched.history, number % 3 ? complete : pruned);
    if (number % 7 === 0) watched.model.children(groupRow(watched.model, watched, complete));
  }
  const opened = await studyOf(
    Array.from({ length: 2000 }, (_, number) => (number % 3 || !number ? complete : pruned)),
  );
  assert.deepEqual(
    pagesBelow(opened.model, groupRow(opened.model, opened, complete)),
    pagesBelow(watched.model, groupRow(watched.model, watched, complete)),
  );
});

test('a page is full of trials of its group, however few of all trials those are, and says from where to where', async () => {
  const states = Array.from({ length: 60_000 }, (_, number) => (number % 100 === 7 ? pruned : complete));
  const one = await studyOf(states);
  const pages = one.model.children(groupRow(one.model, one, pruned));
  assert.deepEqual(texts(pages), [
    '#7 … #19,907 200 trials',
    '#20,007 … #39,907 200 trials',
    '#40,007 … #59,907 200 trials',
  ]);
  assert.ok(pages.every((page) => one.model.children(page).length === PAGE));
  one.history.add({ state: pruned });
  assert.deepEqual(texts(one.model.children(groupRow(one.model, one, pruned))).slice(3), ['#60,000']);
});

test('a group has no pages up to 200 trials, and then shows the ones it had without a click', async () => {
  const one = await studyOf(repeated(complete, PAGE));
  const group = groupRow(one.model, one, complete);
  const rows = one.model.children(group);
  assert.ok(rows.every(({ kind }) => kind === 'trial'));
  addTrial(one.history, complete);
  const [first, second] = one.model.children(group) as [TreeNode, TreeNode];
  assert.deepEqual(one.model.children(first), rows);
  assert.equal(treeRow(first, english, 0).open, true);
  assert.equal(treeRow(second, english, 0).open, false);
});

test('trials that leave a group leave the others on their pages', async () => {
  const one = await studyOf(repeated(waiting, 3000));
  const group = groupRow(one.model, one, waiting);
  let before = pagesBelow(one.model, group);
  for (let number = 0; number < 2900; number++) {
    one.history.apply({ type: 'state', number, state: running });
    one.history.apply({ type: 'state', number, state: complete, values: [0.5] });
    if (number % 50) continue;
    const after = pagesBelow(one.model, group);
    for (const [id, numbers] of after) {
      if (id === group.id) continue;
      const had = new Set(before.get(id));
      assert.deepEqual(
        numbers.filter((other) => !had.has(other)),
        [],
        `${id} got trials of another page`,
      );
    }
    before = after;
  }
});

test('a trial that ends late comes to the page of its number and moves no other', async () => {
  const late = new Set([3, 150, 399, 777]);
  const one = await studyOf(Array.from({ length: 1200 }, (_, number) => (late.has(number) ? running : complete)));
  const group = groupRow(one.model, one, complete);
  const before = pagesBelow(one.model, group);
  for (const number of late) one.history.apply({ type: 'state', number, state: complete, values: [0.5] });
  const after = pagesBelow(one.model, group);
  assertStable(before, after);
  assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
});

test('whatever trials do, each is on one page, no row has too many children, and pages are not nearly empty', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 900 }), fc.nat()), { maxLength: 8 }),
      async (steps) => {
        const one = await studyOf([waiting]);
        for (const [kind, count, seed] of steps) {
          for (let done = 0; done < count; done++) {
            const number = (seed + done * 7919) % one.history.length;
            if (kind === 0) addTrial(one.history, complete);
            else if (kind === 1) one.history.add({ state: waiting });
            else if (kind === 2) one.history.apply({ type: 'state', number, state: running });
            else one.history.apply({ type: 'state', number, state: kind === 3 ? complete : pruned, values: [0.5] });
          }
          for (const state of [complete, pruned, running, waiting]) {
            if (one.history.count(state) === 0) continue;
            const group = groupRow(one.model, one, state);
            const pages = pagesBelow(one.model, group);
            const members = [...one.history.states].flatMap((other, number) => (other === state ? [number] : []));
            assert.deepEqual(pages.get(group.id), members);
            assert.ok(pages.size - 1 <= members.length / 20 + 2, `${pages.size} pages of ${members.length} trials`);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('one more trial of 100,000 costs the host less than the budget', async () => {
  const one = await studyOf(repeated(complete, 0));
  const { study, model, history } = one;
  for (let count = 0; count < 100_000; count++) addTrial(history, complete, (count % 1000) / 1000);
  const group = groupRow(model, one, complete);
  const [page] = model.children(group) as [TreeNode];
  model.changed(study);
  const full = elapsed(() => {
    for (let number = 0; number < history.length; number++) treeRow(model.trialNode(study, number), english, 0);
  });
  const update = elapsed(() => {
    addTrial(history, complete, 0.4);
    for (const node of [...model.changed(study), group, page]) {
      for (const shown of [node, ...model.children(node)]) treeRow(shown, english, 0);
    }
  });
  // A ratio, so that a slow machine does not decide: an update must be a small part of walking over every trial once.
  assert.ok(update < full / 4, `${update} ms of ${full} ms`);
});

/** Milliseconds of the processor, which other processes do not take from this one. */
function elapsed(run: () => void): number {
  const began = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
