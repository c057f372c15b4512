import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paretoFront } from '../../../src/core/fronts/paretoFront.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { StopWatch } from '../../../src/core/study/stopRules.ts';
import { seededRandom } from '../../support/seededRandom.ts';

function ended(history: History, values: number[] | null, at = history.length): number {
  return history.add({
    state: values ? TrialState.complete : TrialState.fail,
    values,
    startedAt: at,
    completedAt: at + 0.5,
  });
}

test('a target is met by a value that is as good, in the direction of the study', () => {
  for (const [direction, poor, good] of [
    [Direction.maximize, 0.8, 0.9],
    [Direction.minimize, 1, 0.9],
  ] as const) {
    const history = new History([direction]);
    const watch = new StopWatch(history);
    assert.equal(watch.met({ target: 0.9 }), undefined);
    ended(history, [poor]);
    assert.equal(watch.met({ target: 0.9 }), undefined);
    ended(history, [good]);
    assert.equal(watch.met({ target: 0.9 }), 'target');
  }
});

test('a plateau counts what finished since the best value, as a count from the start does', () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = seededRandom(seed);
    const history = new History(seed % 2 === 0 ? [Direction.minimize] : [Direction.minimize, Direction.maximize]);
    const first = new StopWatch(history);
    for (let trial = 0; trial < 60; trial++) {
      ended(history, random() < 0.2 ? null : history.directions.map(() => Math.round(random() * 1000)));
      const newest = history.directions.length === 1 ? history.best : Math.max(...paretoFront(history));
      const since = newest === undefined || newest < 0 ? 0 : history.length - 1 - newest;
      for (const watch of [first, new StopWatch(history)]) {
        assert.equal(watch.met({ plateau: since + 1 }), undefined, `seed ${seed}, trial ${trial}`);
        if (since > 0) assert.equal(watch.met({ plateau: since }), 'plateau', `seed ${seed}, trial ${trial}`);
      }
    }
  }
});

test('without a value nothing is a plateau', () => {
  const history = new History([Direction.minimize]);
  const watch = new StopWatch(history);
  for (let trial = 0; trial < 10; trial++) ended(history, null);
  assert.equal(watch.met({ plateau: 1 }), undefined);
});
