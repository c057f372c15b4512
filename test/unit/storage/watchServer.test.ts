import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TrialLog } from '../../../src/core/study/studyStore.ts';
import { watchTrialLog } from '../../../src/storage/watchTrialLog.ts';

/** A log of a server that answers what it is told to; `undefined`: it is away. */
function fakeLog(answers: (boolean | undefined)[]): { log: TrialLog; asked: () => number } {
  let asked = 0;
  const refresh = async () => {
    asked++;
    const answer = answers.shift();
    if (answer === undefined) throw new Error('away');
    return answer;
  };
  const log = {
    kind: 'postgresql',
    location: 'postgresql://h/d',
    warnings: [],
    studies: () => [],
    refresh,
    close: async () => {},
  };
  return { log: log as TrialLog, asked: () => asked };
}

/** Lets a clock of the test's own pass, and what waits for it happen. */
async function pass(t: TestContext, ms: number): Promise<void> {
  t.mock.timers.tick(ms);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

test('a server is asked ever less often while it has nothing new, and at once again when it has', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, asked } = fakeLog([false, false, true, false, false, false]);
  let changes = 0;
  const watch = watchTrialLog(log, () => changes++);
  await pass(t, 1000);
  assert.equal(asked(), 1);
  await pass(t, 1000);
  assert.equal(asked(), 1, 'a quarter longer than before');
  await pass(t, 250);
  assert.deepEqual([asked(), changes], [2, 0]);
  await pass(t, 1563);
  assert.deepEqual([asked(), changes], [3, 1]);
  await pass(t, 1000);
  assert.equal(asked(), 4);
  watch.dispose();
  await pass(t, 60_000);
  assert.equal(asked(), 4, 'nobody asks after the end');
});

test('a server that is away is told of and left in peace, and it is told when it is back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, asked } = fakeLog([undefined, undefined, false, false]);
  let changes = 0;
  const errors: unknown[] = [];
  const watch = watchTrialLog(
    log,
    () => changes++,
    (error) => errors.push(error),
  );
  await pass(t, 1000);
  assert.deepEqual([asked(), errors.length], [1, 1]);
  await pass(t, 9999);
  assert.equal(asked(), 1);
  await pass(t, 1);
  assert.equal(errors.length, 2);
  await pass(t, 10_000);
  assert.deepEqual([asked(), changes], [3, 1], 'it has nothing new, but it is there');
  watch.dispose();
});
