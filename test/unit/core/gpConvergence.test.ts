import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hypervolume } from '../../../src/core/fronts/hypervolume.ts';
import { Random } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import type { Sampler } from '../../../src/core/samplers/sampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { stored } from '../../support/histories.ts';

interface Outcome {
  readonly values: readonly number[] | null;
  readonly constraints?: readonly number[];
}

const SEEDS = [0, 1, 2, 3, 4];

/** One study; `workers` trials run at a time. */
function study(
  sampler: Sampler,
  space: SearchSpace,
  trials: number,
  evaluate: (params: Params, random: Random) => Outcome,
  { directions = [Direction.minimize], workers = 1 }: { directions?: Direction[]; workers?: number } = {},
): History {
  const history = new History(directions);
  const open: number[] = [];
  for (let number = 0; number < trials; number++) {
    const { params } = sampler.suggest(space, { history, number });
    open.push(history.add({ state: TrialState.running, params: stored(space, params) }));
    if (open.length < workers) continue;
    const ended = open.splice((number * 7) % open.length, 1)[0] as number;
    const { values, constraints } = evaluate(history.params(ended), new Random(99, ended));
    if (constraints) {
      history.apply({ type: 'systemAttr', number: ended, key: 'constraints', value: [...constraints] });
    }
    const state = values ? TrialState.complete : TrialState.fail;
    history.apply({ type: 'state', number: ended, state, values });
  }
  return history;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

/** Medians over the seeds of what `score` says of a study, with gp and at random. */
function compared(
  space: SearchSpace,
  trials: number,
  evaluate: (params: Params, random: Random) => Outcome,
  score: (history: History) => number,
  options: { directions?: Direction[]; workers?: number } = {},
): { gp: number; random: number } {
  const of = (type: string) =>
    median(SEEDS.map((seed) => score(study(createSampler({ type, seed }), space, trials, evaluate, options))));
  return { gp: of('gp'), random: of('random') };
}

const best = (history: History): number => history.value(history.best ?? -1);

function cube(count: number, low = 0, high = 1): SearchSpace {
  return searchSpace(
    Array.from({ length: count }, (_, i) => ({ name: `x${i}`, distribution: floatDistribution(low, high) })),
  );
}

const numbers = (params: Params): number[] => Object.values(params).map(Number);

describe('finds much better points than random draws do', () => {
  test('along a curved valley', () => {
    const { gp, random } = compared(
      cube(4, -2, 2),
      60,
      (params) => {
        const x = numbers(params);
        let sum = 0;
        for (let i = 0; i < 3; i++) {
          sum += 100 * ((x[i + 1] as number) - (x[i] as number) ** 2) ** 2 + (1 - (x[i] as number)) ** 2;
        }
        return { values: [sum] };
      },
      best,
    );
    assert.ok(gp < 0.05 * random, `${gp} against ${random}`);
  });

  test('in a corner of ten dimensions', () => {
    const { gp, random } = compared(
      cube(10),
      50,
      (params) => ({ values: [numbers(params).reduce((sum, x, i) => sum + (i % 2 ? x : 1 - x) ** 1.5, 0)] }),
      best,
    );
    assert.ok(gp < 0.02 * random, `${gp} against ${random}`);
  });

  test('near the ends of five ranges, where a warp of the inputs misleads', () => {
    const optimum = [0.08, 0.93, 0.06, 0.95, 0.1];
    const { gp, random } = compared(
      cube(5),
      60,
      (params) => ({ values: [numbers(params).reduce((sum, x, i) => sum + (x - (optimum[i] as number)) ** 2, 0)] }),
      best,
    );
    assert.ok(gp < 1e-3 * random, `${gp} against ${random}`);
  });

  test('with integers, choices and a log scale', () => {
    const space = searchSpace([
      { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }) },
      { name: 'layers', distribution: intDistribution(1, 8) },
      { name: 'units', distribution: intDistribution(8, 2048, { log: true }) },
      { name: 'act', distribution: categoricalDistribution(['relu', 'tanh', 'gelu', 'silu', 'elu']) },
    ]);
    const { gp, random } = compared(
      space,
      50,
      ({ rate, layers, units, act }) => ({
        values: [
          (Math.log10(Number(rate)) + 3.3) ** 2 +
            0.5 * Math.abs(Number(layers) - 5) +
            (Math.log2(Number(units)) - 8.4) ** 2 +
            (act === 'gelu' ? 0 : 1),
        ],
      }),
      best,
    );
    assert.ok(gp < 0.15 * random, `${gp} against ${random}`);
  });

  test('in a conditional space', () => {
    const space = searchSpace([
      { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c', 'd']) },
      { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }), when: { kind: ['b'] } },
      { name: 'units', distribution: intDistribution(1, 1024, { log: true }), when: { kind: ['b'] } },
      { name: 'other', distribution: floatDistribution(0, 1), when: { kind: ['a', 'c'] } },
    ]);
    const { gp, random } = compared(
      space,
      60,
      ({ kind, rate, units, other }) => ({
        values: [
          kind === 'b'
            ? (Math.log10(Number(rate)) + 3) ** 2 + (Math.log2(Number(units)) - 6) ** 2
            : 2 + Number(other ?? 1),
        ],
      }),
      best,
    );
    assert.ok(gp < 0.1 * random, `${gp} against ${random}`);
  });

  test('under noise, by the true value of the trial that looks best', () => {
    const truth = (params: Params) => numbers(params).reduce((sum, x, i) => sum + (x - 0.2 - 0.1 * i) ** 2, 0);
    const { gp, random } = compared(
      cube(6),
      70,
      (params, draw) => ({ values: [truth(params) + 0.1 * draw.normal()] }),
      (history) => truth(history.params(history.best ?? -1)),
    );
    assert.ok(gp < 0.55 * random, `${gp} against ${random}`);
  });

  test('within a constraint, on its edge', () => {
    const { gp, random } = compared(
      cube(3, -1, 1),
      45,
      (params) => {
        const [x, y, z] = numbers(params) as [number, number, number];
        return { values: [x + y + z], constraints: [x * x + y * y + z * z - 0.25, -x - 0.4] };
      },
      // The least sum in the ball is −0.866.
      (history) => best(history) + 0.866,
    );
    assert.ok(gp < 0.15 * random, `${gp} against ${random}`);
  });

  test('where half of the space fails', () => {
    const { gp, random } = compared(
      cube(3),
      45,
      (params) => {
        const [x, y, z] = numbers(params) as [number, number, number];
        if (x + y > 0.9) return { values: null };
        return { values: [(x - 0.6) ** 2 + (y - 0.6) ** 2 + (z - 0.3) ** 2] };
      },
      (history) => best(history) - 0.045,
    );
    assert.ok(gp < 0.2 * random, `${gp} against ${random}`);
  });

  test('for two objectives, and for three of which one is maximised', () => {
    const volume = (reference: number[]) => (history: History) => {
      const points = Array.from({ length: history.length }, (_, number) =>
        Float64Array.from(history.directions, (direction, m) =>
          direction === Direction.maximize ? -history.value(number, m) : history.value(number, m),
        ),
      );
      return -hypervolume(points, Float64Array.from(reference));
    };
    const two = compared(
      cube(4),
      50,
      (params) => {
        const [x, ...rest] = numbers(params) as [number, ...number[]];
        const g = 1 + 3 * rest.reduce((sum, y) => sum + y, 0);
        return { values: [x, g * (1 - Math.sqrt(x / g))] };
      },
      volume([1.1, 1.5]),
      { directions: [Direction.minimize, Direction.minimize] },
    );
    // All that can be had is 1.1 · 1.5 less ∫ 1 − √x and what lies beyond x = 1: 1.3167.
    const whole = -1.3167;
    assert.ok(two.gp - whole < 0.15 * (two.random - whole), `${two.gp} against ${two.random}`);
    const three = compared(
      cube(3),
      40,
      (params) => {
        const x = numbers(params);
        const distance = (centre: readonly number[]) => Math.hypot(...centre.map((c, i) => c - (x[i] as number)));
        return { values: [distance([0, 0, 0.5]), distance([1, 0, 0.5]), -distance([0, 1, 0.5])] };
      },
      volume([1.2, 1.2, 1.2]),
      { directions: [Direction.minimize, Direction.minimize, Direction.maximize] },
    );
    assert.ok(three.gp < 1.15 * three.random, `${three.gp} against ${three.random}`);
  });
});

test('four workers lose little against one', () => {
  const evaluate = (params: Params): Outcome => ({
    values: [numbers(params).reduce((sum, x, i) => sum + (x - 0.15 * (i + 1)) ** 2, 0)],
  });
  const four = compared(cube(5), 60, evaluate, best, { workers: 4 });
  assert.ok(four.gp < 0.02 * four.random, `${four.gp} against ${four.random}`);
});

test('tries every configuration of a finite space once before it repeats any', () => {
  const space = searchSpace([
    { name: 'a', distribution: categoricalDistribution(['x', 'y', 'z']) },
    { name: 'b', distribution: intDistribution(1, 4), when: { a: ['x', 'y'] } },
    { name: 'c', distribution: floatDistribution(0, 0.6, { step: 0.3 }) },
  ]);
  const history = study(createSampler({ type: 'gp', seed: 3 }), space, 27, ({ a, b, c }) => ({
    values: [(a === 'y' ? 0 : 1) + Number(b ?? 2) + Number(c)],
  }));
  const seen = new Set(Array.from({ length: 27 }, (_, number) => JSON.stringify(history.params(number))));
  assert.equal(seen.size, 27);
});

test('a define-by-run parameter is drawn near its best place, given what the trial has', () => {
  const history = new History([Direction.minimize]);
  const kind = categoricalDistribution(['a', 'b']);
  const x = floatDistribution(0, 1);
  for (let number = 0; number < 30; number++) {
    const place = ((number * 17) % 30) / 30;
    const isFirst = number % 2 === 0;
    history.add({
      state: TrialState.complete,
      params: [
        { name: 'kind', internal: isFirst ? 0 : 1, distribution: kind },
        { name: 'x', internal: place, distribution: x },
      ],
      values: [(place - (isFirst ? 0.2 : 0.8)) ** 2],
    });
  }
  for (const [value, goal] of [
    ['a', 0.2],
    ['b', 0.8],
  ] as const) {
    const errors = SEEDS.map((seed) => {
      const sampler = createSampler({ type: 'gp', seed });
      return Math.abs(Number(sampler.suggestOne('x', x, { kind: value }, { history, number: 30 })) - goal);
    });
    assert.ok(median(errors) < 0.06, `${value}: ${errors}`);
  }
});

test('without noise the best trial is not tried again and again', () => {
  const sampler = createSampler({ type: 'gp', seed: 1, options: { deterministicObjective: true } });
  const history = study(sampler, cube(2), 35, (params) => ({
    values: [numbers(params).reduce((sum, x) => sum + (x - 0.37) ** 2, 0)],
  }));
  assert.ok(best(history) < 1e-5, String(best(history)));
});
