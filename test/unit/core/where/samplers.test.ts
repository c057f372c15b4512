import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { SAMPLERS } from '../../../../src/core/samplers/samplerMethods.ts';
import { declaredSpace, type SpaceDeclaration } from '../../../../src/core/space/declaredSpace.ts';
import type { Params } from '../../../../src/core/space/distributions.ts';
import { isActive, type SearchSpace } from '../../../../src/core/space/searchSpace.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { TrialState } from '../../../../src/core/study/states.ts';
import { Study } from '../../../../src/core/study/study.ts';

interface Problem {
  readonly space: SpaceDeclaration;
  readonly where: readonly string[];
  /** The same conditions, written in JavaScript. */
  // biome-ignore lint/suspicious/noExplicitAny: values of any kind, as they come.
  readonly isKept: (params: any) => boolean;
}

const unit = { type: 'float', low: 0, high: 1 } as const;
const PROBLEMS: Readonly<Record<string, Problem>> = {
  budget: {
    space: {
      batch: { type: 'int', low: 8, high: 512, log: true },
      depth: { type: 'int', low: 1, high: 64 },
      low: unit,
      high: unit,
    },
    where: ['batch * depth <= 512', 'low < high'],
    isKept: ({ batch, depth, low, high }) => batch * depth <= 512 && low < high,
  },
  conditional: {
    space: {
      optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lion'] },
      momentum: { type: 'float', low: 0, high: 0.9, step: 0.1, when: { optimizer: ['sgd', 'lion'] } },
      rate: { type: 'float', low: 1e-5, high: 1, log: true },
      decay: { type: 'float', low: 1e-6, high: 0.1, log: true, when: { optimizer: 'adam' } },
      warm: { type: 'categorical', choices: [true, false] },
      steps: { type: 'int', low: 1, high: 100, when: { warm: true } },
    },
    where: [
      "optimizer == 'sgd' or momentum == 0",
      'rate * decay < 1e-4',
      'not warm or steps <= 40 and rate > 1e-3',
      "optimizer != 'lion' or rate < 1e-2",
    ],
    isKept: ({ optimizer, momentum, rate, decay, warm, steps }) =>
      (optimizer === 'sgd' || (momentum ?? 0) === 0) &&
      (decay === undefined || rate * decay < 1e-4) &&
      (!warm || (steps <= 40 && rate > 1e-3)) &&
      (optimizer !== 'lion' || rate < 1e-2),
  },
  thin: {
    space: {
      a: { type: 'int', low: 1, high: 1000 },
      b: { type: 'int', low: 1, high: 1000 },
      c: unit,
      d: unit,
      e: unit,
    },
    where: ['a + b == 1000', '0.99 <= c + d + e <= 1.01'],
    isKept: ({ a, b, c, d, e }) => a + b === 1000 && 0.99 <= c + d + e && c + d + e <= 1.01,
  },
};

/** Its own grid: `grid` and `bruteforce` need finite parameters. */
const FINITE: Problem = {
  space: {
    kind: { type: 'categorical', choices: ['a', 'b', 'c'] },
    width: { type: 'int', low: 1, high: 12 },
    depth: { type: 'int', low: 1, high: 12, when: { kind: ['a', 'b'] } },
    share: { type: 'float', low: 0, high: 1, step: 0.25 },
  },
  where: ['width * depth <= 24', "kind != 'b' or width > depth", 'share < 0.75 or width == 1'],
  isKept: ({ kind, width, depth, share }) =>
    (depth === undefined || width * depth <= 24) && (kind !== 'b' || width > depth) && (share < 0.75 || width === 1),
};

function loss(space: SearchSpace, params: Params): number {
  return space.parameters.reduce((sum, { name }, index) => {
    const value = params[name];
    return sum + (typeof value === 'number' ? (Math.log10(1 + value) - 0.2 * index) ** 2 : value === true ? 0.1 : 0);
  }, 0);
}

async function studyOf({ space, where }: Problem, type: string, seed: number) {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'study', directions: [1] });
  const declared = declaredSpace(space, where);
  return new Study(log, record, { space: declared, sampler: createSampler({ type, seed }), pruner: null });
}

/** Every active parameter is there, and no other. */
function assertWhole(space: SearchSpace, params: Params): void {
  for (const parameter of space.parameters) {
    assert.equal(Object.hasOwn(params, parameter.name), isActive(parameter, params), parameter.name);
  }
}

const FINITE_ONLY = new Set(['grid', 'bruteforce']);
const TYPES = Object.keys(SAMPLERS).filter((type) => !FINITE_ONLY.has(type) && type !== 'hypergradient');

for (const type of TYPES) {
  for (const [name, problem] of Object.entries(PROBLEMS)) {
    test(`${type} proposes nothing that violates a condition: ${name}`, async () => {
      const study = await studyOf(problem, type, 3);
      const space = study.space as SearchSpace;
      for (let turn = 0; turn < 60; turn++) {
        const trial = await study.ask();
        const { params } = trial;
        assertWhole(space, params);
        assert.ok(problem.isKept(params), JSON.stringify(params));
        const value = loss(space, params);
        await study.tell(trial, turn % 17 === 5 ? { state: TrialState.fail } : { values: [value] });
      }
    });
  }
}

test('moves what a scheduler decided to where the conditions are satisfied', async () => {
  const study = await studyOf(PROBLEMS['budget'] as Problem, 'random', 1);
  const decided = { batch: 512, depth: 8, low: 0.7, high: 0.2 };
  const trial = (await study.askOnce({ params: decided })) ?? assert.fail('no trial');
  assert.ok(PROBLEMS['budget']?.isKept(trial.params), JSON.stringify(trial.params));
  const { low, high } = trial.params as { low: number; high: number };
  assert.ok(low >= 0.2 && high <= 0.7 && high - low < 0.2, 'no farther than it has to');
});

test('a waiting trial that violates a condition fails with the reason', async () => {
  const study = await studyOf(PROBLEMS['budget'] as Problem, 'random', 1);
  await assert.rejects(study.enqueue({ batch: 512, depth: 8 }), { code: 'violates-where' });
  // One that another program added.
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'other', directions: [1] });
  const { space } = study;
  const other = new Study(log, record, {
    ...(space && { space }),
    sampler: createSampler({ type: 'tpe', seed: 1 }),
    pruner: null,
  });
  for (const params of [{ batch: 512, depth: 8 }, { batch: 256 }]) {
    await log.createTrial(record, { state: TrialState.waiting, systemAttrs: { fixed_params: params } });
  }
  const trial = await other.ask();
  assert.equal(trial.number, 1);
  assert.equal(trial.params['batch'], 256);
  assert.ok(Number(trial.params['depth']) <= 2);
  assert.equal(record.history.state(0), TrialState.fail);
  assert.match(JSON.stringify(record.history.userAttrs(0)), /batch = 512, depth = 8 violates where/);
});

for (const type of FINITE_ONLY) {
  test(`${type} tries every combination that satisfies the conditions once`, async () => {
    const study = await studyOf(FINITE, type, 1);
    const seen = new Set<string>();
    while (!study.isExhausted) {
      const trial = await study.ask();
      assert.ok(FINITE.isKept(trial.params), JSON.stringify(trial.params));
      seen.add(JSON.stringify(trial.params));
      await study.tell(trial, { values: [1] });
    }
    let count = 0;
    for (const kind of ['a', 'b', 'c']) {
      for (let width = 1; width <= 12; width++) {
        for (const share of [0, 0.25, 0.5, 0.75, 1]) {
          for (let depth = 1; depth <= (kind === 'c' ? 1 : 12); depth++) {
            const params = kind === 'c' ? { kind, width, share } : { kind, width, depth, share };
            if (FINITE.isKept(params)) count++;
          }
        }
      }
    }
    assert.equal(seen.size, count);
    assert.equal(study.history.length, count);
  });
}
