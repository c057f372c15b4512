import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paretoFront } from '../../../src/core/fronts/paretoFront.ts';
import { Random } from '../../../src/core/random.ts';
import type { History } from '../../../src/core/study/history.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { FrontedLog } from '../../../src/extension/storages/fronts.ts';
import { turns } from '../../support/turns.ts';
import { eventually } from '../../support/vscode/eventually.ts';

const THREAD = new URL('../../../src/extension/storages/logThread.ts', import.meta.url);
const { minimize, maximize } = Direction;
const DIRECTIONS = [minimize, maximize, minimize, minimize, maximize] as const;
const { complete, running, fail } = TrialState;

/** Trials of which few beat another, with some that cannot be in a front. */
function addTrials(history: History, count: number, seed: number): void {
  const random = new Random(seed, 0, 'fronts');
  for (let made = 0; made < count; made++) {
    const parts = DIRECTIONS.map(() => -Math.log(random.uniform()));
    const sum = parts.reduce((total, part) => total + part, 0);
    const values = parts.map((part, at) => (DIRECTIONS[at] === maximize ? -part / sum : part / sum));
    if (made % 50 === 0) values[0] = Number.NaN;
    const state = made % 37 === 0 ? (made % 2 === 0 ? running : fail) : complete;
    history.add({ state, values, systemAttrs: made % 41 === 0 ? { constraints: [1] } : {} });
  }
}

async function study(count: number) {
  const log = new MemoryLog();
  const { history } = await log.createStudy({ name: 'digits', directions: DIRECTIONS });
  addTrials(history, count, 1);
  return { log, history };
}

function processorMs(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

test('the front of a large study that the window reads itself is worked out in a thread, and is the same one', async (t) => {
  const here = await study(20_000);
  const direct = processorMs(() => paretoFront(here.history));
  const there = await study(20_000);
  const longestTurn = turns();
  const log = await FrontedLog.of(there.log, THREAD);
  t.after(() => log.close());
  paretoFront(there.history);
  await eventually(
    () => log.refresh(),
    (isChanged) => isChanged || paretoFront(there.history).length > 0,
    'the front comes',
  );
  const longest = longestTurn();
  assert.ok(paretoFront(here.history).length > 10_000);
  assert.deepEqual(paretoFront(there.history), paretoFront(here.history));
  assert.ok(longest < direct / 4, `a turn of ${longest} ms, where the front takes ${direct} ms`);
});

test('a front that was worked out in a thread follows the study, and a small one is there at once', async (t) => {
  const there = await study(3000);
  const here = await study(3000);
  const log = await FrontedLog.of(there.log, THREAD);
  t.after(() => log.close());
  for (let round = 0; round < 3; round++) {
    for (const { history } of [here, there]) addTrials(history, 200, 2 + round);
    const wanted = [...paretoFront(here.history)];
    await eventually(
      async () => {
        await log.refresh();
        return [...paretoFront(there.history)].join();
      },
      (numbers) => numbers === wanted.join(),
      `the front of round ${round}`,
    );
  }
  const small = await study(100);
  await FrontedLog.of(small.log, 'no thread is needed');
  assert.ok(paretoFront(small.history).length > 50);
});
