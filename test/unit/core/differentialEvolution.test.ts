import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { stored } from '../../support/histories.ts';
import { bestValue, cube, median, numbersOf, search, volumeOf, zdt1 } from '../../support/searches.ts';

type Options = Readonly<Record<string, number | boolean | string>>;

const de = (seed: number, options: Options = {}) => createSampler({ type: 'de', seed, options });
const random = (seed: number) => createSampler({ type: 'random', seed });

samplerContract('de', { create: (seed) => de(seed) });
samplerContract('de, eight members, rand1', {
  create: (seed) => de(seed, { populationSize: 8, strategy: 'rand1' }),
});
samplerContract('de, five members, best1', {
  create: (seed) => de(seed, { populationSize: 5, strategy: 'best1', pBest: 0.5 }),
});

const ackley = (params: Params) => {
  const x = numbersOf(params).map((one) => one - 1);
  const size = Math.sqrt(x.reduce((sum, one) => sum + one * one, 0) / x.length);
  const waves = x.reduce((sum, one) => sum + Math.cos(2 * Math.PI * one), 0) / x.length;
  return -20 * Math.exp(-0.2 * size) - Math.exp(waves) + 20 + Math.E;
};

test('descends the rugged hills of Ackley by every strategy, alone and with eight workers', () => {
  const space = cube(8, -8, 8);
  const reached = (options: Options, workers = 1) =>
    median(
      [1, 2, 3].map((seed) =>
        bestValue(search(de(seed, options), { space, objective: ackley, trials: 2_000, workers })),
      ),
    );
  const byChance = median(
    [1, 2, 3].map((seed) => bestValue(search(random(seed), { space, objective: ackley, trials: 2_000 }))),
  );
  assert.ok(byChance > 5, `random ${byChance}`);
  for (const [options, most] of [
    [{}, 0.01],
    [{ strategy: 'best1' }, 4],
    [{ strategy: 'rand1' }, 4],
  ] as const) {
    assert.ok(reached(options) < most, `${JSON.stringify(options)} ${reached(options)}`);
  }
  assert.ok(reached({}, 8) < 0.05, `8 workers ${reached({}, 8)}`);
});

test('a population is the same in whatever order its trials end', () => {
  const space = cube(3, 0, 1);
  for (const directions of [[1], [1, 2]] as const) {
    const plan = search(de(2), {
      space,
      objective: (p) => directions.map((_, i) => numbersOf(p)[i] as number),
      trials: 80,
      directions,
    });
    const shuffled = new History(directions);
    for (let number = 0; number < 80; number++) {
      const params = stored(space, plan.params(number));
      shuffled.add({ state: TrialState.running, params, systemAttrs: plan.systemAttrs(number) });
    }
    const watching = de(2);
    for (let place = 0; place < 80; place++) {
      const number = (place * 37) % 80;
      const values = directions.map((_, objective) => plan.value(number, objective));
      shuffled.apply({ type: 'state', number, state: TrialState.complete, values });
      watching.suggest(space, { history: shuffled, number: 80 });
    }
    const expected = de(2).suggest(space, { history: plan, number: 80 });
    assert.deepEqual(watching.suggest(space, { history: shuffled, number: 80 }), expected);
  }
});

test('finds numbers, integers and choices together', () => {
  const space = searchSpace([
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c', 'd', 'e']) },
    { name: 'count', distribution: intDistribution(1, 100) },
    { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }) },
    { name: 'share', distribution: floatDistribution(0, 1, { step: 0.05 }) },
    { name: 'depth', distribution: intDistribution(1, 12), when: { kind: ['d'] } },
  ]);
  const objective = ({ kind, count, rate, share, depth }: Params) =>
    (kind === 'd' ? Math.abs(Number(depth) - 9) / 12 : 0.6) +
    Math.abs(Number(count) - 73) / 100 +
    Math.abs(Math.log10(Number(rate)) + 4) / 6 +
    Math.abs(Number(share) - 0.85);
  const reached = median([1, 2, 3].map((seed) => bestValue(search(de(seed), { space, objective, trials: 500 }))));
  const byChance = median([1, 2, 3].map((seed) => bestValue(search(random(seed), { space, objective, trials: 500 }))));
  assert.ok(reached < 0.02 && byChance > 0.1, `${reached}, random ${byChance}`);
});

test('moves towards the front of a study with two objectives', () => {
  const volume = (type: string) =>
    median(
      [1, 2, 3].map((seed) => {
        const options = {
          space: cube(8, 0, 1),
          objective: (p: Params) => zdt1(numbersOf(p)),
          trials: 1_500,
          directions: [1, 1] as const,
        };
        return volumeOf(search(createSampler({ type, seed }), options), [1.1, 6]);
      }),
    );
  const [evolved, byChance] = [volume('de'), volume('random')];
  assert.ok(6.27 - evolved < 0.25 * (6.27 - byChance), `${evolved}, random ${byChance}`);
});

test('starts from the trials that are there already, enqueued ones too', () => {
  const space = cube(6, -5, 5);
  const objective = (params: Params) => numbersOf(params).reduce((sum, one) => sum + (one - 2) ** 2, 0);
  const history = search(random(1), { space, objective, trials: 200 });
  const before = bestValue(history);
  const after = bestValue(search(de(1), { space, objective, trials: 200, history }));
  const anew = bestValue(search(de(1), { space, objective, trials: 200 }));
  assert.ok(after < 0.2 * before && after < anew, `${before}, then ${after}; ${anew} from the start`);
});

test('the factors of a child are those of its member, or new ones, within their ranges', () => {
  const space = cube(4, 0, 1);
  const history = search(de(5), { space, objective: (p) => numbersOf(p)[0] as number, trials: 400 });
  const factors = Array.from({ length: 380 }, (_, place) => history.systemAttrs(20 + place));
  for (const attrs of factors) {
    assert.ok(Number(attrs['de:f']) >= 0.1 && Number(attrs['de:f']) <= 1);
    assert.ok(Number(attrs['de:cr']) >= 0 && Number(attrs['de:cr']) <= 1);
  }
  const distinct = new Set(factors.map((attrs) => attrs['de:f'])).size;
  assert.ok(distinct > 20 && distinct < 80, `${distinct} different F in 380 children, every tenth renews it`);
});

test('a population that has collapsed makes room for another', () => {
  const space = cube(2, -5, 5);
  // A wide bowl with its bottom at 1, and a narrow hole beside it with its bottom at 0.
  const objective = (params: Params) => {
    const [x = 0, y = 0] = numbersOf(params);
    return Math.min(1 + 0.02 * ((x + 2) ** 2 + (y + 2) ** 2), Math.hypot(x - 3.5, y - 3.5));
  };
  const options = { populationSize: 8, strategy: 'best1' };
  const histories = [1, 2, 3, 4, 5].map((seed) => search(de(seed, options), { space, objective, trials: 3_000 }));
  const atFirst = histories.map((history) => {
    const early = Array.from({ length: 3_000 }, (_, number) => number).filter(
      (number) => history.systemAttrs(number)['de:epoch'] === undefined,
    );
    return Math.min(...early.map((number) => history.value(number)));
  });
  assert.ok(median(atFirst) > 0.99, `the first populations reach ${atFirst}`);
  assert.ok(median(histories.map(bestValue)) < 1e-3, `all of them ${histories.map(bestValue)}`);
});
