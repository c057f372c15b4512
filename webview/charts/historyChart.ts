/** Objective by trial, with the best so far as a step line. */
import { TrialState } from '../../src/core/study/states.ts';
import { ValueFormat } from '../../src/core/text/numbers.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotContent, PlotOptions, PlotPoint } from '../plot/plotData.ts';
import { type AxisRange, clampTo } from '../plot/scales.ts';
import { formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { joined, shownValues, trialAxis } from './objectiveAxis.ts';
import { objectiveScatter } from './objectiveScatter.ts';

export function buildHistory(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { objective, best } = options;
  const scatter = objectiveScatter(
    model,
    {
      key: 'history',
      x: Number,
      has: () => true,
      axis: () => {
        const axis = trialAxis(model.length, options.total, t('columnTrial'));
        const range = { min: 0, max: Math.max(1, model.length - 1), log: false };
        return { ...axis, brush: { name: options.filterName('trial.number'), choices: null, isWhole: true, range } };
      },
      empty: t('noValues'),
      guides: (range) => [{ style: 'bestSoFar', points: bestSoFar(model, objective, range) }],
    },
    options,
    t,
  );
  if (scatter.empty !== null) return scatter;
  const bestSentence = () => {
    const format = () => ValueFormat.of(shownValues(model, objective)).format(model.value(best as number, objective));
    if (best !== null) return t('historyLabelBest', { value: format(), number: best });
    return model.directions.length > 1 ? '' : t('historyLabelNoBest');
  };
  const shown = formatCount(scatter.count);
  const label = t('historyLabel', {
    title: t('objectiveByTrial', { objective: options.objectiveName }),
    count: shown,
    best: bestSentence(),
  }).trim();
  return { ...scatter, label: joined([label, scatter.note], ' ') };
}

/** The step line: one point an improvement and one at the newest trial. Complete, feasible trials with a number count. */
export function bestSoFar(model: TrialModel, objective: number, range: AxisRange): PlotPoint[] {
  const sign = model.isMinimized(objective) ? 1 : -1;
  const line: PlotPoint[] = [];
  let best = Number.POSITIVE_INFINITY;
  let last = -1;
  for (let number = 0; number < model.length; number++) {
    if (model.hasBegun(number)) last = number;
    if (model.state(number) !== TrialState.complete || !model.isFeasible(number)) continue;
    const cost = sign * model.value(number, objective);
    if (!(cost < best)) continue;
    best = cost;
    line.push({ x: number, y: clampTo(range, sign * cost), n: number });
  }
  const end = line.at(-1);
  if (end && last > end.x) line.push({ ...end, x: last });
  return line;
}
