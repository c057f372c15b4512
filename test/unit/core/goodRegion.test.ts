import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { goodRegion, repeatNoise } from '../../../src/core/importance/goodRegion.ts';
import { Random } from '../../../src/core/random.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { fromUnit } from '../../../src/core/space/unitInterval.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

type Row = Readonly<Record<string, readonly [Distribution, number]>>;

function historyOf(
  rows: readonly { params: Row; value: number }[],
  direction: Direction = Direction.minimize,
): History {
  const history = new History([direction]);
  for (const { params, value } of rows) {
    history.add({
      state: TrialState.complete,
      values: [value],
      params: Object.entries(params).map(([name, [distribution, internal]]) => ({ name, distribution, internal })),
    });
  }
  return history;
}

/** A hundred trials all over the range of one parameter, the better the nearer to `target` on the parameter's scale. */
function around(distribution: Distribution & { type: 'float' | 'int' }, target: number): History {
  const scale = distribution.log ? Math.log : (x: number) => x;
  return historyOf(
    Array.from({ length: 100 }, (_, number) => {
      const x = fromUnit(distribution, (number + 0.5) / 100);
      return { params: { x: [distribution, x] }, value: Math.abs(scale(x) - scale(target)) };
    }),
  );
}

function rangeOf(history: History): { low: number; high: number } {
  const range = goodRegion(history).get('x');
  assert.ok(range && range.type !== 'categorical', 'the parameter has a narrower range');
  return range;
}

describe('the region of the good trials', () => {
  it('lies around the best of a range and within it', () => {
    const { low, high } = rangeOf(around(floatDistribution(0, 10), 4));
    assert.ok(low > 2 && low < 4 && high > 4 && high < 6, `${low} to ${high}`);
  });

  it('is as wide below as above on a logarithmic scale', () => {
    const { low, high } = rangeOf(around(floatDistribution(1e-5, 1e-1, { log: true }), 1e-3));
    assert.ok(low > 1e-5 && high < 1e-1, `${low} to ${high}`);
    const balance = Math.log(1e-3 / low) / Math.log(high / 1e-3);
    assert.ok(balance > 0.7 && balance < 1.4, `balance ${balance}`);
    assert.match(`${low} ${high}`, /^\d(\.\d)?(e-\d+)? |^0\.000\d\d? /, 'numbers that a person would write');
  });

  it('ends on the grid of a step, for fractions without their binary tail', () => {
    const float = rangeOf(around(floatDistribution(0.1, 0.9, { step: 0.1 }), 0.4));
    for (const end of [float.low, float.high]) assert.equal(end, Number(end.toFixed(1)));
    const { low, high } = rangeOf(around(intDistribution(16, 256, { step: 16 }), 64));
    assert.deepEqual([low % 16, high % 16], [0, 0]);
    assert.ok(low >= 16 && low <= 64 && high >= 64 && high < 256, `${low} to ${high}`);
  });

  it('stays inside the searched range where the best is at its edge', () => {
    assert.equal(rangeOf(around(floatDistribution(0.37, 10), 0.37)).low, 0.37);
    assert.equal(rangeOf(around(intDistribution(1, 64, { log: true }), 64)).high, 64);
  });

  it('keeps the choices of the good trials, in their order', () => {
    const kinds = categoricalDistribution(['a', 'b', 'c', 'd']);
    const rows = Array.from({ length: 40 }, (_, number) => ({
      params: { kind: [kinds, number % 4] } as Row,
      value: number % 4 === 3 || number % 4 === 1 ? number / 100 : 5 + number,
    }));
    assert.deepEqual(goodRegion(historyOf(rows)).get('kind'), { type: 'categorical', choices: ['b', 'd'] });
  });

  it('judges a parameter of a branch by the good trials that took it, and leaves a rare one alone', () => {
    const model = categoricalDistribution(['svm', 'rf']);
    const c = floatDistribution(0, 100);
    const rows = Array.from({ length: 60 }, (_, number) => {
      const isSvm = number % 2 === 0;
      const x = number * (100 / 60);
      const params: Row = isSvm ? { model: [model, 0], c: [c, x] } : { model: [model, 1] };
      return { params, value: isSvm ? Math.abs(x - 50) : 1000 };
    });
    const region = goodRegion(historyOf(rows));
    assert.deepEqual(region.get('model'), { type: 'categorical', choices: ['svm'] });
    const range = region.get('c');
    assert.ok(range?.type === 'float' && range.low > 20 && range.high < 80);
    const rare = rows.map((row, at) =>
      at === 30 || at % 2 === 1 ? row : { ...row, params: { model: [model, 0] } as Row },
    );
    assert.equal(goodRegion(historyOf(rare)).has('c'), false);
  });

  it('is wider where repeats show that the trials differ by chance', () => {
    const width = (noise: number) => {
      const random = new Random(3, 0);
      const x = floatDistribution(0, 10);
      const rows = Array.from({ length: 200 }, (_, number) => {
        const at = (number >> 1) / 10;
        return { params: { x: [x, at] } as Row, value: Math.abs(at - 5) + noise * (random.uniform() - 0.5) };
      });
      const { low, high } = rangeOf(historyOf(rows));
      return high - low;
    };
    assert.ok(width(2) > 1.3 * width(0.01), `${width(2)} against ${width(0.01)}`);
  });

  it('follows the direction, and always holds the best trial', () => {
    const x = floatDistribution(0, 10);
    const rows = Array.from({ length: 50 }, (_, at) => ({
      params: { x: [x, at / 5] } as Row,
      value: at === 0 ? 99 : at,
    }));
    const history = historyOf(rows, Direction.maximize);
    const range = goodRegion(history).get('x');
    assert.ok(!range || (range.type === 'float' && range.low === 0), 'the best, at 0, is in');
  });

  it('is empty with few trials, several objectives or nothing complete', () => {
    const x = floatDistribution(0, 1);
    const rows = Array.from({ length: 9 }, (_, at) => ({ params: { x: [x, at / 9] } as Row, value: at }));
    assert.equal(goodRegion(historyOf(rows)).size, 0);
    const several = new History([Direction.minimize, Direction.minimize]);
    for (let at = 0; at < 40; at++) {
      several.add({
        state: TrialState.complete,
        values: [at, -at],
        params: [{ name: 'x', distribution: x, internal: at / 40 }],
      });
    }
    assert.equal(goodRegion(several).size, 0);
    assert.equal(goodRegion(new History([Direction.minimize])).size, 0);
  });

  it('measures the noise between repeats only', () => {
    const x = floatDistribution(0, 1);
    const row = (at: number, value: number) => ({ params: { x: [x, at] } as Row, value });
    assert.equal(repeatNoise(historyOf([row(0.1, 1), row(0.2, 5)])), null);
    const noise = repeatNoise(historyOf([row(0.1, 1), row(0.1, 3), row(0.2, 50)]));
    assert.ok(Math.abs((noise ?? 0) - Math.SQRT2) < 1e-12);
  });
});
