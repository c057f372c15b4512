import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptBoards, readSharedView } from '../../../src/extension/panel/keptBoards.ts';

function memory(start: Record<string, unknown> = {}) {
  const values = new Map(Object.entries(start));
  return {
    get: (key: string) => values.get(key),
    update: async (key: string, value: unknown) => void values.set(key, JSON.parse(JSON.stringify(value))),
  };
}

test('boards and views outlive the window, and every panel hears of a change', async () => {
  const kept = memory();
  const boards = new KeptBoards(kept);
  let heard = 0;
  const listening = boards.onDidChange(() => heard++);
  await boards.keepBoard('one plain', { overview: { hidden: ['edf'] } });
  await boards.saveView('Small', { filter: ['lr < 1'] });
  await boards.saveView('Large', { filter: ['lr > 1'] });
  await boards.saveView('Small', { filter: ['lr < 0.1'] });
  listening.dispose();
  await boards.removeView('Large');
  assert.equal(heard, 4);
  assert.deepEqual(new KeptBoards(kept).kept, {
    boards: { 'one plain': { overview: { hidden: ['edf'] } } },
    views: { Small: { filter: ['lr < 0.1'] } },
  });
});

test('names that mean something to JavaScript are names, and there is an end to views', async () => {
  const boards = new KeptBoards(memory());
  await boards.saveView('__proto__', { filter: [] });
  await boards.saveView('constructor', { filter: [] });
  assert.deepEqual(Object.keys(boards.kept.views), ['__proto__', 'constructor']);
  assert.equal(({} as Record<string, unknown>)['filter'], undefined);
  for (let view = 0; view < 150; view++) await boards.saveView(`view ${view}`, {});
  assert.equal(Object.keys(boards.kept.views).length, 100);
  assert.ok('view 149' in boards.kept.views);
});

test('what another version kept is read, whatever it is', () => {
  for (const odd of [null, 7, 'text', [1], undefined]) {
    const { kept } = new KeptBoards(memory({ 'tuneboard.boards': odd, 'tuneboard.views': odd }));
    assert.deepEqual(kept, { boards: {}, views: {} });
  }
});

test('a shared view is JSON with a name and a view, and nothing else', () => {
  assert.deepEqual(readSharedView('{ "name": " Small ", "view": { "filter": ["lr < 1"] }, "more": 1 }'), {
    name: 'Small',
    view: { filter: ['lr < 1'] },
  });
  const bad = ['', 'lr < 1', '[]', 'null', '{ "name": "x" }', '{ "view": {} }', '{ "name": "  ", "view": {} }'];
  for (const text of [...bad, `{ "name": "x", "view": { "filter": ["${'x'.repeat(200_000)}"] } }`])
    assert.equal(readSharedView(text), null, text.slice(0, 40));
});
