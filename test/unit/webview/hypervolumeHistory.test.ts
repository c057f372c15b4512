import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hypervolume } from '../../../src/core/fronts/hypervolume.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { buildHypervolume } from '../../../webview/charts/hypervolumeChart.ts';
import { HypervolumeHistory } from '../../../webview/model/hypervolumeHistory.ts';
import { TrialModel } from '../../../webview/model/model.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { headerOf, rowsOf, type TrialLike } from './panelRows.ts';

const t = createTranslate(panelTexts);
const { complete, running, fail } = TrialState;
const { minimize, maximize } = Direction;
const neverLate = () => false;

/** The volume after every trial, each computed anew from all points before it. */
function volumesOf(trials: readonly TrialLike[], directions: readonly Direction[]): number[] {
  const losses = trials.map(({ state, values, feasible }) => {
    const own = values?.map((value, at) => (directions[at] === maximize ? -value : value)) ?? [];
    return state === complete && feasible !== false && own.every(Number.isFinite) ? Float64Array.from(own) : null;
  });
  const usable = losses.filter((own) => own !== null);
  const reference = Float64Array.from(directions, (_, at) => {
    const worst = Math.max(...usable.map((own) => own[at] as number));
    return Math.max(1.1 * worst, 0.9 * worst) || 1e-12;
  });
  return trials.map((_, number) =>
    hypervolume(
      losses.slice(0, number + 1).filter((own) => own !== null),
      reference,
    ),
  );
}

function assertVolumes(history: HypervolumeHistory, trials: readonly TrialLike[], directions: readonly Direction[]) {
  const wanted = volumesOf(trials, directions);
  let last = 0;
  for (const [number, volume] of wanted.entries()) {
    last = history.steps.findLast((step) => step.number <= number)?.volume ?? 0;
    assert.ok(Math.abs(last - volume) <= 1e-9 * Math.max(1, volume), `${last} for ${volume} after trial ${number}`);
  }
}

const value = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -3, max: 3, noNaN: true }));
const trial = (width: number) =>
  fc.record({
    state: fc.constantFrom(complete, complete, complete, running, fail),
    values: fc.array(fc.oneof({ weight: 9, arbitrary: value }, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)), {
      minLength: width,
      maxLength: width,
    }),
    feasible: fc.boolean(),
  });

test('the volume after every trial is that of all before it, whatever ends late and however often it pauses', () => {
  const study = fc.integer({ min: 2, max: 4 }).chain((width) =>
    fc.record({
      directions: fc.array(fc.constantFrom(minimize, maximize), { minLength: width, maxLength: width }),
      trials: fc.array(trial(width), { minLength: 1, maxLength: 25 }),
    }),
  );
  fc.assert(
    fc.property(study, fc.nat({ max: 25 }), ({ directions, trials }, cut) => {
      const model = new TrialModel();
      const header = headerOf({ directions });
      const history = new HypervolumeHistory();
      // First all running ones are unfinished, and only some are there; then they end in a second message.
      const early = trials.slice(0, cut);
      model.load(header, rowsOf(early));
      history.advance(model, neverLate);
      assertVolumes(history, early, directions);
      const final = trials.map((one) => (one.state === running ? { ...one, state: complete } : one));
      model.merge(header, rowsOf(final));
      let calls = 0;
      do history.advance(model, () => true);
      while (history.isUnfinished && calls++ < 100);
      assert.equal(history.isUnfinished, false);
      assertVolumes(history, final, directions);
    }),
  );
});

test('the stand-in for a reference coordinate of 0 reads as 0', () => {
  const model = new TrialModel();
  model.load(
    headerOf({ directions: [maximize] }),
    rowsOf([
      { state: complete, values: [0] },
      { state: complete, values: [2] },
    ]),
  );
  const history = new HypervolumeHistory();
  history.advance(model, neverLate);
  const content = buildHypervolume(model, history, ['f1'], { total: null }, t);
  assert.equal(content.empty === null && content.note, 'reference point f1 0');
});

test('the chart names the reference point in the values of the objectives', () => {
  const trials: TrialLike[] = [
    { state: complete, values: [0.5, 100] },
    { state: complete, values: [0.9, 200] },
    { state: complete, values: [0.4, 300] },
  ];
  const model = new TrialModel();
  model.load(headerOf({ directions: [maximize, minimize] }), rowsOf(trials));
  const history = new HypervolumeHistory();
  history.advance(model, neverLate);
  const content = buildHypervolume(model, history, ['f1', 'ms'], { total: null }, t);
  assert.ok(content.empty === null);
  assert.equal(content.note, 'reference point f1 0.36, ms 330');
  assert.deepEqual(content.data.trials, [0, 1]);
  const volume = (0.9 - 0.36) * 130 + (0.5 - 0.36) * 100;
  assert.ok(Math.abs((content.data.sets[0]?.points.at(-1)?.y as number) - volume) < 1e-9);
  assert.deepEqual(content.data.locate(2), [], 'a dominated trial enlarged nothing');
  const names = ['a', 'b', 'c', 'd', 'e'];
  assert.match(buildHypervolume(model, history, names, { total: null }, t).empty ?? '', /up to 4 objectives/);
});

test('before a trial is complete the chart is a sentence', () => {
  const model = new TrialModel();
  model.load(headerOf({ directions: [maximize, minimize] }), rowsOf([{ state: running, values: [1, 1] }]));
  const history = new HypervolumeHistory();
  history.advance(model, neverLate);
  const content = buildHypervolume(model, history, ['f1', 'ms'], { total: null }, t);
  assert.equal(content.empty, 'No trial has completed with finite values yet.');
});
