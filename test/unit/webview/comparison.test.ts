import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hypervolume } from '../../../src/core/fronts/hypervolume.ts';
import { Direction } from '../../../src/core/study/states.ts';
import type { ComparedStudy } from '../../../src/protocol/panel.ts';
import {
  bestSteps,
  Comparison,
  joinSteps,
  linesOf,
  reachedAfter,
  type Steps,
  stemOf,
} from '../../../webview/studies/comparison.ts';

const { minimize, maximize } = Direction;

function studyOf(part: Partial<ComparedStudy> & { values: Float64Array }): ComparedStudy {
  const { directions = [minimize] } = part;
  const count = part.values.length / directions.length;
  return {
    id: part.name ?? 'one',
    name: 'one',
    problem: null,
    directions,
    metricNames: ['loss'],
    finished: count,
    places: Uint32Array.from({ length: count }, (_, at) => at + 1),
    elapsed: Float64Array.from({ length: count }, (_, at) => 1000 * (at + 1)),
    ...part,
  };
}

/** What a step line is at a place; NaN before it begins. */
function valueAt({ x, y }: Steps, at: number): number {
  return y[x.findLastIndex((one) => one <= at)] ?? Number.NaN;
}

test('the best so far steps at the finished trials that improved, to where the study stands', () => {
  const values = Float64Array.of(3, 4, Number.NaN, 2, 5, 1);
  const study = studyOf({ values, places: Uint32Array.of(1, 2, 3, 6, 7, 8), finished: 10 });
  assert.deepEqual(bestSteps(study, 0, false), { x: [1, 6, 8, 10], y: [3, 2, 1, 1] });
  assert.deepEqual(bestSteps(study, 0, true), { x: [1000, 4000, 6000, 6000], y: [3, 2, 1, 1] });
  const upwards = studyOf({ values, directions: [maximize] });
  assert.deepEqual(bestSteps(upwards, 0, false)?.y, [3, 4, 5, 5]);
  assert.equal(bestSteps(studyOf({ values: Float64Array.of(Number.NaN) }), 0, false), null);
  const untimed = studyOf({ values, elapsed: new Float64Array(6).fill(Number.NaN) });
  assert.equal(bestSteps(untimed, 0, true), null);
});

test('reaching a value counts the finished trials, whichever way the study goes', () => {
  const values = Float64Array.of(3, 4, 2, 5);
  const places = Uint32Array.of(2, 3, 5, 9);
  assert.equal(reachedAfter(studyOf({ values, places }), 2.5), 5);
  assert.equal(reachedAfter(studyOf({ values, places }), 1), null);
  assert.equal(reachedAfter(studyOf({ values, places, directions: [maximize] }), 4), 3);
});

test('a number at the end counts repeats only after a word that says so', () => {
  const stems = ['gp-seed3', 'gp seed=12', 'tune_run_7', 'Fold 2', 'resnet50', 'prune3', 'plain', '2024', 'a-seed'];
  assert.deepEqual(
    stems.map((name) => stemOf(name, false)),
    ['gp', 'gp', 'tune', 'Fold', null, null, null, null, null],
  );
  assert.deepEqual(
    stems.map((name) => stemOf(name, true)),
    ['gp', 'gp', 'tune', 'Fold', 'resnet', 'prune', null, null, null],
  );
});

test('lines keep the order of the studies; a repeat that is alone keeps its name', () => {
  const values = Float64Array.of(1);
  const studies = ['gp-seed1', 'resnet18', 'gp-seed2', 'tpe-seed1', 'resnet50'].map((name) =>
    studyOf({ name, values }),
  );
  const names = (repeats: boolean | null) =>
    linesOf(studies, repeats).map(({ name, studies: members }) => `${name} ${members.length}`);
  assert.deepEqual(names(null), ['gp 2', 'resnet18 1', 'tpe-seed1 1', 'resnet50 1']);
  assert.deepEqual(names(true), ['gp 2', 'resnet 2', 'tpe-seed1 1']);
  assert.equal(names(false).length, 5);
});

test('repeats are a median between the lowest and the highest, from five on the middle half', () => {
  const steps = (...pairs: [number, number][]): Steps => ({ x: pairs.map(([x]) => x), y: pairs.map(([, y]) => y) });
  const three = joinSteps([steps([1, 9], [4, 5], [6, 5]), steps([2, 8], [8, 8]), steps([1, 7], [3, 1], [9, 1])]);
  assert.deepEqual(three, { x: [2, 3, 4, 6], y: [8, 8, 5, 5], low: [7, 1, 1, 1], high: [9, 9, 8, 8] });
  const five = joinSteps([1, 2, 3, 4, 100].map((y) => steps([1, y], [2, y])));
  assert.deepEqual(five, { x: [1, 2], y: [3, 3], low: [2, 2], high: [4, 4] });
  assert.equal(joinSteps([steps([1, 1], [2, 1]), steps([5, 1], [6, 1])]), null);
});

test('at every place the joined lines are what the single ones are there', () => {
  const line = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.double({ min: -5, max: 5, noNaN: true })), { minLength: 1 })
    .map((pairs) => {
      const x = [...new Set(pairs.map(([at]) => at))].sort((one, other) => one - other);
      return { x, y: x.map((at) => pairs.findLast(([one]) => one === at)?.[1] as number) };
    });
  fc.assert(
    fc.property(fc.array(line, { minLength: 2, maxLength: 4 }), (lines) => {
      const joined = joinSteps(lines);
      const from = Math.max(...lines.map(({ x }) => x[0] as number));
      const to = Math.min(...lines.map(({ x }) => x.at(-1) as number));
      if (!joined) return from > to;
      for (let at = from; at <= to; at += 0.5) {
        const own = lines.map((one) => valueAt(one, at));
        assert.equal(valueAt({ x: joined.x, y: joined.low }, at), Math.min(...own));
        assert.equal(valueAt({ x: joined.x, y: joined.high }, at), Math.max(...own));
      }
      return joined.x[0] === from && joined.x.at(-1) === to;
    }),
  );
});

test('hypervolumes of studies are measured from one reference point, also when a worse study comes', () => {
  const directions = [maximize, minimize];
  const first = studyOf({ name: 'first', directions, values: Float64Array.of(0.5, 10, 0.6, 8, 0.4, 20) });
  const second = studyOf({ name: 'second', directions, values: Float64Array.of(0.2, 9, 0.7, 30) });
  const comparison = new Comparison();
  const measure = (studies: readonly ComparedStudy[]) => {
    comparison.take(
      studies.map(({ id }) => id),
      studies,
    );
    for (let turn = 0; turn === 0 || comparison.isUnfinished; turn++) comparison.advance(() => true);
    return studies.map((study) => comparison.volumeSteps(study, false)?.y.at(-1) as number);
  };
  const wanted = (study: ComparedStudy, worst: readonly number[]) => {
    const reference = Float64Array.from(worst, (loss) => Math.max(1.1 * loss, 0.9 * loss));
    const points = Array.from(study.places, (_, at) =>
      Float64Array.of(-(study.values[2 * at] as number), study.values[2 * at + 1] as number),
    );
    return hypervolume(points, reference);
  };
  const near = (found: readonly number[], expected: readonly number[]) => {
    for (const [at, value] of expected.entries()) assert.ok(Math.abs((found[at] as number) - value) < 1e-9);
  };
  near(measure([first]), [wanted(first, [-0.4, 20])]);
  near(measure([first, second]), [wanted(first, [-0.2, 30]), wanted(second, [-0.2, 30])]);
});

test('a study that is left out is forgotten, one that cannot be compared has no line', () => {
  const comparison = new Comparison();
  const values = Float64Array.of(1);
  const bad = studyOf({ name: 'bad', problem: 'It has no trials.', values: new Float64Array(0) });
  comparison.take(['one', 'bad'], [studyOf({ values }), bad]);
  assert.deepEqual([comparison.all.length, comparison.usable.length], [2, 1]);
  comparison.take(['one'], []);
  comparison.take(['one', 'bad'], []);
  assert.deepEqual(
    comparison.all.map(({ id }) => id),
    ['one'],
  );
});
