import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureEffects } from '../../../src/core/importance/effects.ts';
import { Random } from '../../../src/core/random.ts';
import { categoricalDistribution, floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

const UNIT = floatDistribution(0, 1);
const KINDS = categoricalDistribution(['a', 'b', 'c']);
const COST = [0.5, 0, 0.25];

/** A bowl in `x` with its bottom at 0.3, a slope in `y`, a cost of each `kind`, and `z`, which does nothing. */
function lossAt(x: number, y: number, kind: number): number {
  return 4 * (x - 0.3) ** 2 + 0.5 * y + (COST[kind] as number);
}

function study(trials: number, direction: Direction = Direction.minimize, noise = 0): History {
  const history = new History([direction]);
  const random = new Random(1, 0, 'study');
  const sign = direction === Direction.minimize ? 1 : -1;
  for (let number = 0; number < trials; number++) {
    const [x, y, z] = number === 0 ? [0.95, 0.6, 0.5] : [random.uniform(), random.uniform(), random.uniform()];
    const kind = number === 0 ? 0 : Math.floor(3 * random.uniform());
    const params = [
      { name: 'x', internal: x as number, distribution: UNIT },
      { name: 'y', internal: y as number, distribution: UNIT },
      { name: 'z', internal: z as number, distribution: UNIT },
      { name: 'kind', internal: kind, distribution: KINDS },
    ];
    const value = sign * (lossAt(x as number, y as number, kind) + noise * (random.uniform() - 0.5));
    history.add({ state: TrialState.complete, values: [value], params });
  }
  return history;
}

function placeOf(values: Float64Array, pick: (...numbers: number[]) => number): number {
  return values.indexOf(pick(...values));
}

for (const direction of [Direction.minimize, Direction.maximize]) {
  test(`finds where a parameter is best, and that another does nothing, direction ${direction}`, () => {
    const { effects } = measureEffects(study(300, direction));
    const pick = direction === Direction.minimize ? Math.min : Math.max;
    const effectOf = (name: string) => {
      const found = effects.find((effect) => effect.name === name);
      assert.ok(found, name);
      return found;
    };
    const x = effectOf('x');
    assert.ok(Math.abs((x.at[placeOf(x.mean, pick)] as number) - 0.3) < 0.12);
    assert.equal(placeOf(effectOf('kind').mean, pick), 1);
    const span = ({ mean }: { mean: Float64Array }) => Math.max(...mean) - Math.min(...mean);
    assert.ok(span(effectOf('z')) < span(x) / 5, 'z does nothing');
    for (const { low, mean, high } of effects)
      for (const [at, value] of mean.entries())
        assert.ok((low[at] as number) <= value && value <= (high[at] as number));
  });
}

test('the band holds most of the truth, and is wider where no trial is near', () => {
  const history = study(200, Direction.minimize, 0.2);
  const { effects } = measureEffects(history);
  const values = Float64Array.from({ length: history.length }, (_, number) => history.value(number, 0));
  const best = placeOf(values, Math.min);
  const at = (name: string) => history.parameters.get(name)?.internalAt(best) ?? Number.NaN;
  let [inside, places] = [0, 0];
  for (const { name, at: along, low, high } of effects) {
    if (name === 'z') continue;
    for (const [place, value] of along.entries()) {
      const own = (other: string) => (other === name ? value : at(other));
      const truth = lossAt(own('x'), own('y'), own('kind'));
      places++;
      if ((low[place] as number) <= truth && truth <= (high[place] as number)) inside++;
    }
  }
  assert.ok(inside / places > 0.7, `${inside} of ${places} places`);
  const x = effects.find(({ name }) => name === 'x');
  assert.ok(x);
  const width = (from: number, to: number) => {
    const chosen = [...x.at.keys()].filter((place) => (x.at[place] as number) >= from && (x.at[place] as number) <= to);
    const widths = chosen.map((place) => (x.high[place] as number) - (x.low[place] as number));
    return widths.reduce((sum, one) => sum + one, 0) / widths.length;
  };
  assert.ok(width(0.7, 1) > width(0.2, 0.4), 'far from the best, where the others are seldom as in the best');
});

test('the path goes from the first trial to the best, the largest change first', () => {
  const history = study(300);
  const { path } = measureEffects(history, { first: 0 });
  assert.deepEqual(
    path.map(({ name }) => name).slice(0, 3),
    [null, 'x', 'kind'],
    '1.7 of x, 0.5 of kind, at most 0.3 of y',
  );
  assert.equal(path.length, 5);
  assert.equal(path[1]?.from, 0.95);
  const values = Float64Array.from({ length: history.length }, (_, number) => history.value(number, 0));
  const [first, last] = [path[0]?.mean ?? Number.NaN, path.at(-1)?.mean ?? Number.NaN];
  assert.ok(Math.abs(first - (values[0] as number)) < 0.5, `${first} where the first trial has ${values[0]}`);
  assert.ok(Math.abs(last - Math.min(...values)) < 0.1);
  assert.deepEqual(measureEffects(history).path, [], 'without a first trial');
});

test('one exploded trial, infinite ones and absent parameters leave the others as they are', () => {
  const history = study(200);
  const params = [{ name: 'x', internal: 0.5, distribution: UNIT }];
  history.add({ state: TrialState.complete, values: [1e30], params });
  history.add({ state: TrialState.complete, values: [Number.POSITIVE_INFINITY], params });
  history.add({ state: TrialState.fail, values: null, params });
  const { effects } = measureEffects(history);
  const x = effects.find(({ name }) => name === 'x');
  assert.ok(x);
  assert.ok(
    x.mean.every((value) => Math.abs(value) < 20),
    `${x.mean}`,
  );
  assert.ok(Math.abs((x.at[placeOf(x.mean, Math.min)] as number) - 0.3) < 0.15);
});

test('a few trials tell nothing', () => {
  assert.deepEqual(measureEffects(study(5), { first: 0 }), { effects: [], path: [] });
  assert.deepEqual(measureEffects(new History([Direction.minimize])), { effects: [], path: [] });
});
