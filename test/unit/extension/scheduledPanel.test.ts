/** What real schedulers leave on their trials, as the panel and the tree show it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { createScheduler } from '../../../src/core/schedulers/createScheduler.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { allNumbers, panelRows } from '../../../src/extension/panel/panelRows.ts';
import { trialFacts } from '../../../src/extension/studies/trialFacts.ts';
import { buildPopulation } from '../../../webview/charts/populationChart.ts';
import { buildRungs } from '../../../webview/charts/rungsChart.ts';
import { TrialModel } from '../../../webview/model/model.ts';
import type { PlotContent, PlotData, PlotOptions } from '../../../webview/plot/plotData.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { type Ran, runScheduled } from '../../support/schedulerRun.ts';
import { english, panelTexts } from '../../support/words.ts';
import { headerOf } from '../webview/panelRows.ts';
import { PLOT_OPTIONS } from '../webview/plots.ts';

const t = createTranslate(panelTexts);
const OPTIONS: PlotOptions = { ...PLOT_OPTIONS, objectiveName: 'value' };
const space = { parameters: [{ name: 'x', distribution: floatDistribution(0, 1) }] };

function modelOf({ history }: Ran): TrialModel {
  const model = new TrialModel();
  model.load(headerOf({ directions: history.directions }), panelRows(history, allNumbers(history)));
  return model;
}

function dataOf(content: PlotContent): PlotData {
  assert.ok(content.empty === null, content.empty ?? '');
  return content.data;
}

test('Hyperband: every trial stands where it was let train to, and its stem begins where its bracket does', async () => {
  const ran = await runScheduled({
    scheduler: () => createScheduler({ type: 'hyperband', seed: 1, options: { maxResource: 9, reductionFactor: 3 } }),
    space,
    train: ({ x }, _, step) => ({ state: null, value: Number(x) + 1 / step }),
    trials: 40,
    steps: 45,
    workers: 3,
  });
  const model = modelOf(ran);
  const data = dataOf(buildRungs(model, OPTIONS, t));
  assert.deepEqual(data.y.ticks.map(data.y.label), ['1', '3', '9']);
  const at = (style: string) => data.sets.filter((set) => set.style === style).flatMap(({ points }) => points);
  for (const { n } of at('complete')) assert.equal(data.locate(n)[0]?.y, 2, 'a complete trial had the whole budget');
  assert.equal(at('complete').length, ran.history.count(TrialState.complete));
  const paused = [...ran.history.waiting].filter((number) => model.isPaused(number));
  assert.ok(paused.length > 0);
  assert.deepEqual(
    at('paused').map(({ n }) => n),
    paused.sort((a, b) => a - b),
  );
  for (const number of data.trials) {
    const stem = at('stem').filter(({ n, y }) => n === number && !Number.isNaN(y));
    if (stem.length === 0) continue;
    const steps = ran.history.curve(number).steps;
    const { bracket } = ran.history.systemAttrs(number)['tuneboard:rung'] as { bracket: number };
    assert.equal(stem[0]?.y, bracket, `bracket ${bracket} begins with 3^${bracket} steps`);
    assert.ok(Math.max(...steps) >= 3 ** (stem.at(-2)?.y as number), 'it has done the rung before');
  }
});

test('PBT: members lie end to end, and a takeover begins where the other one was', async () => {
  const ran = await runScheduled({
    scheduler: () =>
      createScheduler({
        type: 'pbt',
        seed: 3,
        options: { populationSize: 4, maxResource: 20, perturbationInterval: 4, quantileFraction: 0.25 },
      }),
    space,
    train: ({ x }, state, step) => {
      const sum = ((state as number | undefined) ?? 0) + Number(x);
      return { state: sum, value: sum + step };
    },
    trials: 100,
    direction: Direction.maximize,
    sampler: createSampler({ type: 'auto', seed: 1 }),
  });
  const { history } = ran;
  const model = modelOf(ran);
  const data = dataOf(buildPopulation(model, OPTIONS, t));
  assert.deepEqual(data.y.ticks, [0, 1, 2, 3]);
  const takeovers = data.sets.find(({ style }) => style === 'takeover')?.points ?? [];
  assert.ok(takeovers.length >= 3, 'somebody was copied');
  for (let at = 0; at < takeovers.length; at += 3) {
    const [from, to] = [takeovers[at], takeovers[at + 1]] as const;
    const { parent, member, step } = history.systemAttrs(from?.n as number)['tuneboard:pbt'] as Record<string, number>;
    assert.equal(from?.x, step);
    assert.equal(to?.y, member);
    assert.equal(from?.y, (history.systemAttrs(parent as number)['tuneboard:pbt'] as Record<string, number>)['member']);
    const facts = trialFacts(history, from?.n as number, english);
    assert.ok(facts.some(({ text }) => text === `trial ${parent}, step ${step}`));
    assert.ok(!facts.some(({ key }) => key === 'member'), 'its parameters are those of the other, changed');
  }
  for (let member = 0; member < 4; member++) {
    const trials = data.trials.filter((number) => model.schedule.member(number) === member);
    for (let at = 1; at < trials.length; at++) {
      const [before, after] = [trials[at - 1] as number, trials[at] as number];
      assert.equal(model.schedule.trainedFrom(after), model.schedule.trainedTo(before), `member ${member}`);
    }
    assert.equal(model.schedule.trainedTo(trials.at(-1) as number), 20);
  }
});
