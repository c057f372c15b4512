import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { type BelowSelector, BestFronts, BestRanked } from '../../../src/core/samplers/tpe/belowSelector.ts';
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
import { samplerContract } from '../../support/contracts/samplerContract.ts';

interface Case {
  readonly directions: readonly ('minimize' | 'maximize')[];
  readonly multivariate: boolean;
  readonly trials: readonly { params: Params; values: readonly number[] }[];
  readonly below: readonly number[];
  readonly weights: readonly number[] | null;
  readonly points: readonly { params: Params; score: number }[];
}

/** Made by real Optuna: see record4.py beside it. */
const recorded = JSON.parse(readFileSync(new URL('../../fixtures/tpe/densities4.json', import.meta.url), 'utf8')) as {
  optuna: string;
  cases: Case[];
};

const space: Readonly<Record<string, Distribution>> = {
  cat: categoricalDistribution(['a', 'b', 'c', 'd']),
  float: floatDistribution(-5, 10),
  grid: floatDistribution(0, 1, { step: 0.125 }),
  intlog: intDistribution(1, 1024, { log: true }),
  log: floatDistribution(1e-5, 1e-1, { log: true }),
};

describe(`good trials, their weights and l/g are those of Optuna ${recorded.optuna}`, () => {
  for (const one of recorded.cases) {
    const names = Object.keys(one.points[0]?.params ?? {});
    const how = one.multivariate ? 'together' : names.join();
    test(`${one.trials.length} trials, ${one.directions.length} objectives, ${how}`, () => check(one, names));
  }
});

function check(one: Case, names: readonly string[]): void {
  const dimensions = names
    .map((name) => new Dimension(name, space[name] as Distribution, { asOptuna4: true }))
    .sort((a, b) => a.kind - b.kind);
  const history = new History(one.directions.map((direction) => Direction[direction]));
  const selector: BelowSelector =
    one.directions.length > 1 ? new BestFronts(history, { asOptuna4: true }) : new BestRanked(history);
  const bandwidths = one.multivariate ? 'scott' : 'neighbourOrPrior';
  const model = new GroupModel(history, dimensions, { selector, countsRunning: false, candidates: 1, bandwidths });
  for (const [number, { params, values }] of one.trials.entries()) {
    const distributions = Object.entries(params).map(([name, value]) => {
      const distribution = space[name] as Distribution;
      return { name, distribution, internal: toInternal(distribution, value) };
    });
    history.add({ state: TrialState.complete, params: distributions, values });
    model.update(number + 1, dimensions);
  }
  const below = Float64Array.from(selector.below(() => true)).sort();
  assert.deepEqual([...below], one.below);
  if (one.weights) {
    const weights = new Float64Array(below.length);
    selector.weigh(below, weights);
    for (const [place, weight] of weights.entries()) near(weight, one.weights[place] as number);
  }
  const candidates = new Candidates(1, dimensions.length);
  for (const { params, score } of one.points) {
    for (const [index, dimension] of dimensions.entries()) {
      const internal = toInternal(dimension.distribution, params[dimension.name]);
      candidates.set(0, index, dimension, dimension.coordinate(internal));
    }
    near(model.score(candidates, 0), score);
  }
}

function near(ours: number, theirs: number): void {
  assert.ok(Math.abs(ours - theirs) < 1e-6 * Math.max(1, Math.abs(theirs)), `${ours} instead of ${theirs}`);
}

samplerContract('tpe as Optuna 4', {
  create: (seed) => createSampler({ type: 'tpe', seed, options: { preset: 'optuna4' } }),
});
samplerContract('tpe as Optuna 4, parameters together', {
  create: (seed) => createSampler({ type: 'tpe', seed, options: { preset: 'optuna4', multivariate: true } }),
});
