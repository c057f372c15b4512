import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LensRefresher } from '../../../src/server/server.ts';

/** A refresher, and how often it has asked. */
function asking(context: TestContext): { lenses: LensRefresher; asked: () => number; pass: (ms: number) => void } {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let count = 0;
  const lenses = new LensRefresher(() => count++);
  return { lenses, asked: () => count, pass: (ms) => context.mock.timers.tick(ms) };
}

test('a study that changes all the time asks once, and again only after the answer', (context) => {
  const { lenses, asked, pass } = asking(context);
  for (let change = 0; change < 20; change++) {
    lenses.changed();
    pass(50);
  }
  assert.equal(asked(), 1);
  lenses.answered();
  assert.equal(asked(), 1, 'the answer had the newest');
  pass(60_000);
  assert.equal(asked(), 2, 'once more in the quiet');
  lenses.changed();
  assert.equal(asked(), 3, 'at once');
});

test('a refresh that is forgotten is asked for again, ever less often, and in the end not at all', (context) => {
  const { lenses, asked, pass } = asking(context);
  lenses.changed();
  for (const [ms, count] of [
    [1499, 1],
    [1, 2],
    [2999, 2],
    [1, 3],
    [6000, 4],
    [600_000, 4],
  ] as const) {
    pass(ms);
    assert.equal(asked(), count);
  }
  lenses.changed();
  assert.equal(asked(), 5);
});

test('a change while the last refresh is waited for is not lost', (context) => {
  const { lenses, asked, pass } = asking(context);
  lenses.changed();
  for (const ms of [1500, 3000, 6000]) pass(ms);
  lenses.changed();
  assert.equal(asked(), 4);
  pass(12_000);
  assert.equal(asked(), 5);
  lenses.answered();
  pass(600_000);
  assert.equal(asked(), 5);
});
