import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BestRanked } from '../../../src/core/samplers/tpe/belowSelector.ts';
import { Candidates } from '../../../src/core/samplers/tpe/candidates.ts';
import { Dimension } from '../../../src/core/samplers/tpe/dimension.ts';
import { GroupModel } from '../../../src/core/samplers/tpe/groupModel.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
  toInternal,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution, Params } from '../../../src/core/space/distributions.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

interface Case {
  readonly direction: 'minimize' | 'maximize';
  readonly trials: readonly { params: Params; state: 'complete' | 'pruned' | 'running'; value: number; step: number }[];
  readonly below: readonly number[];
  readonly points: readonly { params: Params; score: number }[];
}

/** Made by real Optuna: see record.py beside it. */
const recorded = JSON.parse(readFileSync(new URL('../../fixtures/tpe/densities.json', import.meta.url), 'utf8')) as {
  optuna: string;
  cases: Case[];
};

const space: Readonly<Record<string, Distribution>> = {
  cat: categoricalDistribution(['a', 'b', 'c', 'd']),
  flag: categoricalDistribution([true, false]),
  float: floatDistribution(-5, 10),
  grid: floatDistribution(0, 1, { step: 0.125 }),
  int: intDistribution(1, 40),
  intlog: intDistribution(1, 1024, { log: true }),
  log: floatDistribution(1e-5, 1e-1, { log: true }),
};

const dimensions = Object.entries(space)
  .map(([name, distribution]) => new Dimension(name, distribution))
  .sort((a, b) => a.kind - b.kind);

for (const one of recorded.cases) {
  test(`l/g equals Optuna ${recorded.optuna}'s, ${one.trials.length} trials, ${one.direction}`, () => {
    const history = new History([one.direction === 'minimize' ? Direction.minimize : Direction.maximize]);
    const selector = new BestRanked(history);
    const model = new GroupModel(history, dimensions, {
      selector,
      countsRunning: true,
      candidates: 1,
      bandwidths: 'neighbour',
    });
    for (const [number, { params, state, value, step }] of one.trials.entries()) {
      history.add({
        state: TrialState[state],
        params: Object.entries(space).map(([name, distribution]) => ({
          name,
          distribution,
          internal: toInternal(distribution, params[name]),
        })),
        values: state === 'complete' ? [value] : null,
        intermediate: state === 'pruned' ? [[step, value]] : [],
      });
      // Grown trial by trial, as a study grows.
      model.update(number + 1, dimensions);
    }
    assert.deepEqual(
      [...selector.below()].sort((a, b) => a - b),
      one.below,
    );
    const candidates = new Candidates(1, dimensions.length);
    for (const { params, score } of one.points) {
      for (const [index, dimension] of dimensions.entries()) {
        const internal = toInternal(dimension.distribution, params[dimension.name]);
        candidates.set(0, index, dimension, dimension.coordinate(internal));
      }
      const ours = model.score(candidates, 0);
      assert.ok(Math.abs(ours - score) < 1e-6 * Math.max(1, Math.abs(score)), `${ours} instead of ${score}`);
    }
  });
}
