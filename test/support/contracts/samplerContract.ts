import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Sampler } from '../../../src/core/samplers/sampler.ts';
import {
  categoricalDistribution,
  contains,
  floatDistribution,
  intDistribution,
  toInternal,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution, Params } from '../../../src/core/space/distributions.ts';
import { isActive, type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { type Direction, TrialState } from '../../../src/core/study/states.ts';
import { rebuilt, scoreOf, stored } from '../histories.ts';

export interface SamplerContractOptions {
  create(seed: number): Sampler;
  /** Whether it proposes each combination once and needs finite parameters (grid). */
  readonly enumerates?: boolean;
  /** Whether an ask looks at every trial, some times each, as a model does whose targets follow from all of them. */
  readonly readsAll?: boolean;
}

const flat: SearchSpace = searchSpace([
  { name: 'rate', distribution: floatDistribution(1e-5, 1e-1, { log: true }) },
  { name: 'drop', distribution: floatDistribution(0, 0.5) },
  { name: 'share', distribution: floatDistribution(0.1, 0.9, { step: 0.1 }) },
  { name: 'layers', distribution: intDistribution(1, 8) },
  { name: 'units', distribution: intDistribution(8, 1024, { log: true }) },
  { name: 'even', distribution: intDistribution(0, 100, { step: 5 }) },
  { name: 'kind', distribution: categoricalDistribution(['a', 'b', null, true, 3]) },
]);

const finite: SearchSpace = searchSpace([
  { name: 'share', distribution: floatDistribution(0.1, 0.9, { step: 0.1 }) },
  { name: 'layers', distribution: intDistribution(1, 8) },
  { name: 'kind', distribution: categoricalDistribution(['a', 'b', null, true, 3]) },
]);

const conditional: SearchSpace = searchSpace([
  { name: 'optim', distribution: categoricalDistribution(['sgd', 'adam', 'none']) },
  { name: 'momentum', distribution: floatDistribution(0, 0.9, { step: 0.1 }), when: { optim: ['sgd'] } },
  { name: 'nesterov', distribution: categoricalDistribution([true, false]), when: { optim: ['sgd'] } },
  { name: 'damping', distribution: intDistribution(0, 4), when: { nesterov: [false] } },
  { name: 'beta', distribution: floatDistribution(0.5, 1, { step: 0.1 }), when: { optim: ['adam'] } },
]);

/** What every sampler owes a study. Run by each implementation. */
export function samplerContract(name: string, options: SamplerContractOptions): void {
  describe(`sampler contract: ${name}`, () => {
    answers(options);
    repeats(options);
    copes(options);
    if (!options.enumerates) extremes(options);
  });
}

function answers({ create, enumerates }: SamplerContractOptions): void {
  const space = enumerates ? finite : flat;

  test('proposes exactly the parameters of the space, all valid and of their own type', () => {
    const sampler = create(1);
    run(sampler, space, 60, (params) => {
      assert.deepEqual(
        Object.keys(params),
        space.parameters.map(({ name }) => name),
      );
      assertValid(space, params);
      if ('layers' in params) assert.ok(Number.isInteger(params['layers']));
    });
  });

  test('resolves conditions: active parameters only, and every branch is met', () => {
    const seen = new Set<unknown>();
    run(create(2), conditional, 60, (params) => {
      for (const parameter of conditional.parameters) {
        assert.equal(Object.hasOwn(params, parameter.name), isActive(parameter, params), parameter.name);
      }
      assertValid(conditional, params);
      seen.add(params['optim']);
    });
    assert.deepEqual([...seen].sort(), ['adam', 'none', 'sgd']);
  });

  test('leaves fixed parameters out and lets conditions see them', () => {
    const sampler = create(3);
    const { history } = run(sampler, conditional, 30);
    for (const optim of ['sgd', 'adam', 'none']) {
      const { params } = sampler.suggest(conditional, { history, number: history.length }, { optim });
      assert.ok(!Object.hasOwn(params, 'optim'));
      assert.equal(Object.hasOwn(params, 'beta'), optim === 'adam');
      assert.equal(Object.hasOwn(params, 'momentum'), optim === 'sgd');
    }
  });

  test('leaves the history alone', () => {
    const sampler = create(4);
    const { history } = run(sampler, space, 30);
    const { revision } = history;
    sampler.suggest(space, { history, number: history.length });
    assert.equal(history.revision, revision);
  });

  test('suggests one parameter of a define-by-run objective', () => {
    const sampler = create(5);
    const { history } = run(sampler, space, 30);
    for (const { name, distribution } of space.parameters) {
      const value = sampler.suggestOne(name, distribution, {}, { history, number: history.length });
      assert.ok(contains(distribution, toInternal(distribution, value)), `${name} = ${String(value)}`);
    }
    const fresh = floatDistribution(-3, -2, enumerates ? { step: 0.25 } : {});
    const value = sampler.suggestOne('never seen', fresh, {}, { history, number: history.length });
    assert.ok(contains(fresh, toInternal(fresh, value)));
  });
}

function repeats({ create, enumerates }: SamplerContractOptions): void {
  const space = enumerates ? finite : flat;

  test('is a function of seed, number and history', () => {
    const first = run(create(7), space, 40).all;
    assert.deepEqual(run(create(7), space, 40).all, first);
    assert.notDeepEqual(run(create(8), space, 40).all, first);
  });

  for (const directions of [[1], [2], [1, 2]] as const) {
    for (const [label, one] of [
      ['flat', space],
      ['conditional', conditional],
    ] as const) {
      test(`answers the same after a restart: ${label}, ${directions.length} objective(s), direction ${directions[0]}`, () => {
        const sampler = create(9);
        const history = new History(directions);
        for (let round = 0; round < 60 && !sampler.isExhausted?.(one, history); round++) {
          step(sampler, one, history);
          if (round % 7 !== 0) continue;
          const copy = rebuilt(history);
          if (sampler.isExhausted?.(one, history)) break;
          assert.deepEqual(
            create(9).suggest(one, { history: copy, number: copy.length }),
            sampler.suggest(one, { history, number: history.length }),
            `after ${history.length} trials`,
          );
        }
      });
    }
  }

  test('answers the same with many running trials that end in another order', () => {
    const sampler = create(10);
    const history = new History([1]);
    for (let round = 0; round < 50; round++) {
      step(sampler, space, history, { keepRunning: true });
      if (round % 3 === 2) {
        const running = [...history.running];
        const number = running[(round * 5) % running.length] as number;
        finish(space, history, number, round);
      }
      const copy = rebuilt(history);
      const context = { number: history.length };
      assert.deepEqual(
        create(10).suggest(space, { history: copy, ...context }),
        sampler.suggest(space, { history, ...context }),
      );
    }
  });
}

function copes({ create, enumerates }: SamplerContractOptions): void {
  test('lives with infinite values, NaN reports and a history of failures', () => {
    const space = enumerates ? finite : flat;
    const sampler = create(11);
    const history = new History([1]);
    for (let round = 0; round < 40; round++) {
      const { params, systemAttrs } = sampler.suggest(space, { history, number: history.length });
      assertValid(space, params);
      const value = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1e308, 0][round % 5] as number;
      const state = ([TrialState.complete, TrialState.pruned, TrialState.fail] as const)[round % 3] as TrialState;
      history.add({
        state,
        params: stored(space, params),
        ...(systemAttrs && { systemAttrs }),
        values: state === TrialState.complete ? [value] : null,
        intermediate: round % 2 ? [[round, Number.NaN]] : [],
      });
    }
  });

  test('takes parameters with one value, and a space without any', () => {
    const single = searchSpace([
      { name: 'one', distribution: intDistribution(3, 3) },
      { name: 'same', distribution: floatDistribution(0.5, 0.5) },
      { name: 'short', distribution: floatDistribution(0, 0.9, { step: 1 }) },
      { name: 'only', distribution: categoricalDistribution(['x']) },
      { name: 'free', distribution: intDistribution(0, 30) },
    ]);
    run(create(12), single, 25, (params) => {
      const { free: _, ...rest } = params;
      assert.deepEqual(rest, { one: 3, same: 0.5, short: 0, only: 'x' });
    });
    const empty = new History([1]);
    assert.deepEqual(create(12).suggest({ parameters: [] }, { history: empty, number: 0 }).params, {});
  });

  test('goes on in a finite space when most of it was tried', () => {
    const sampler = create(13);
    const tiny = searchSpace([
      { name: 'flag', distribution: categoricalDistribution([true, false]) },
      { name: 'few', distribution: intDistribution(1, 2) },
    ]);
    const { all } = run(sampler, tiny, 40);
    assert.equal(new Set(all.map((params) => JSON.stringify(params))).size, 4);
    assert.equal(all.length, enumerates ? 4 : 40);
  });

  test('takes any valid space', () => {
    fc.assert(
      fc.property(fc.array(anyFinite, { minLength: 1, maxLength: 4 }), fc.nat(1000), (distributions, seed) => {
        const space = searchSpace(distributions.map((distribution, index) => ({ name: `p${index}`, distribution })));
        run(create(seed), space, 16, (params) => assertValid(space, params));
      }),
      { numRuns: 60 },
    );
  });
}

function extremes({ create, readsAll = false }: SamplerContractOptions): void {
  test('copes with ranges from 1e-300 to 1e300', () => {
    const space = searchSpace([
      { name: 'log', distribution: floatDistribution(1e-300, 1e300, { log: true }) },
      { name: 'wide', distribution: floatDistribution(-1.7e308, 1.7e308) },
      { name: 'tiny', distribution: floatDistribution(1e-300, 2e-300) },
      { name: 'narrow', distribution: floatDistribution(1, 1 + Number.EPSILON * 8) },
      { name: 'int', distribution: intDistribution(-9e15, 9e15) },
      { name: 'fine', distribution: floatDistribution(0, 1, { step: 1e-12 }) },
    ]);
    run(create(14), space, 80, (params) => assertValid(space, params));
  });

  test('copes with 100 parameters and with 1,000 choices', () => {
    const wide = searchSpace(
      Array.from({ length: 100 }, (_, index) => ({ name: `x${index}`, distribution: floatDistribution(0, 1) })),
    );
    run(create(15), wide, 30, (params) => assertValid(wide, params));
    const choices = searchSpace([
      { name: 'word', distribution: categoricalDistribution(Array.from({ length: 1000 }, (_, index) => `w${index}`)) },
    ]);
    run(create(16), choices, 60, (params) => assertValid(choices, params));
  });

  test('follows ranges that change from trial to trial', () => {
    const sampler = create(17);
    const history = new History([1]);
    for (let round = 0; round < 60; round++) {
      const low = round % 2 ? -round : round / 2;
      const space = searchSpace([
        { name: 'x', distribution: floatDistribution(low, low + 1 + (round % 5)) },
        { name: 'n', distribution: intDistribution(round % 4, 10 + round) },
      ]);
      const { params } = sampler.suggest(space, { history, number: history.length });
      assertValid(space, params);
      const copy = rebuilt(history);
      assert.deepEqual(create(17).suggest(space, { history: copy, number: copy.length }).params, params);
      history.add({ state: TrialState.complete, params: stored(space, params), values: [Number(params['x']) ** 2] });
    }
  });

  test('what an ask reads does not grow with the history, or no faster than it', () => {
    const space = searchSpace(
      Array.from({ length: 10 }, (_, index) => ({ name: `x${index}`, distribution: floatDistribution(0, 1) })),
    );
    const [few, many] = [readsOfAsks(create(18), space, 2_000), readsOfAsks(create(18), space, 20_000)];
    const growth = readsAll ? 10 : 2;
    assert.ok(many <= growth * few + 100, `${few} reads at 2,000 trials, ${many} at 20,000`);
  });
}

const anyFinite: fc.Arbitrary<Distribution> = fc.oneof(
  fc
    .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(60), fc.integer({ min: 1, max: 9 }))
    .map(([low, width, step]) => intDistribution(low, low + width, { step })),
  fc
    .tuple(fc.integer({ min: -500, max: 500 }), fc.nat(60), fc.integer({ min: 1, max: 9 }))
    .map(([low, width, step]) => floatDistribution(low / 100, (low + width) / 100, { step: step / 100 })),
  fc.nat(9).map((count) => categoricalDistribution(Array.from({ length: count + 1 }, (_, index) => `c${index}`))),
);

function assertValid(space: SearchSpace, params: Params): void {
  for (const { name, distribution } of space.parameters) {
    if (!Object.hasOwn(params, name)) continue;
    const internal = toInternal(distribution, params[name]);
    assert.ok(contains(distribution, internal), `${name} = ${String(params[name])} in ${JSON.stringify(distribution)}`);
  }
}

function run(sampler: Sampler, space: SearchSpace, rounds: number, check: (params: Params) => void = () => {}) {
  const history = new History([1]);
  const all: Params[] = [];
  for (let round = 0; round < rounds && !sampler.isExhausted?.(space, history); round++) {
    const params = step(sampler, space, history);
    check(params);
    all.push(params);
  }
  return { history, all };
}

/** One trial; every eighth is pruned, every eleventh fails. */
function step(sampler: Sampler, space: SearchSpace, history: History, { keepRunning = false } = {}): Params {
  const { params, systemAttrs } = sampler.suggest(space, { history, number: history.length });
  const number = history.add({
    state: TrialState.running,
    params: stored(space, params),
    ...(systemAttrs && { systemAttrs }),
  });
  if (!keepRunning) finish(space, history, number, number);
  return params;
}

function finish(space: SearchSpace, history: History, number: number, round: number): void {
  const score = scoreOf(space, history.params(number));
  const values = history.directions.map((_: Direction, objective) => (objective === 0 ? score : 1 / (0.1 + score)));
  if (round % 8 === 5) {
    history.apply({ type: 'intermediate', number, step: round % 4, value: score });
    history.apply({ type: 'state', number, state: TrialState.pruned, values: [score] });
  } else if (round % 11 === 6) history.apply({ type: 'state', number, state: TrialState.fail });
  else history.apply({ type: 'state', number, state: TrialState.complete, values });
}

/** Counts what is asked of single trials: on a loaded machine the time that it takes says nothing. */
class CountingHistory extends History {
  reads = 0;

  override state(number: number): TrialState {
    this.reads++;
    return super.state(number);
  }

  override value(number: number, objective = 0): number {
    this.reads++;
    return super.value(number, objective);
  }

  override params(number: number): Params {
    this.reads++;
    return super.params(number);
  }

  override systemAttrs(number: number) {
    this.reads++;
    return super.systemAttrs(number);
  }

  override lastReport(number: number) {
    this.reads++;
    return super.lastReport(number);
  }

  override changedSince(revision: number): number[] {
    const changed = super.changedSince(revision);
    this.reads += changed.length;
    return changed;
  }
}

/** What 30 asks read that each see one more trial, at so many trials; the one before them reads all. */
function readsOfAsks(sampler: Sampler, space: SearchSpace, length: number): number {
  const history = new CountingHistory([1]);
  let seed = 1;
  const add = () => {
    const params: Record<string, number> = {};
    for (const { name } of space.parameters) {
      seed = (seed * 16807) % 2147483647;
      params[name] = seed / 2147483647;
    }
    history.add({ state: TrialState.complete, params: stored(space, params), values: [scoreOf(space, params)] });
  };
  for (let number = 0; number < length; number++) add();
  sampler.suggest(space, { history, number: history.length });
  let reads = 0;
  for (let round = 0; round < 30; round++) {
    add();
    history.reads = 0;
    sampler.suggest(space, { history, number: history.length });
    reads += history.reads;
  }
  return reads;
}
