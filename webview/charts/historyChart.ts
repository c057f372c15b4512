/** Objective by trial, with the best so far as a step line. */
import { TrialState } from '../../src/core/study/states.ts';
import { ValueFormat } from '../../src/core/text/numbers.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotContent, PlotOptions, PlotPoint } from '../plot/plotData.ts';
import { type AxisRange, clampTo } from '../plot/scales.ts';
import { formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { elapsedAxis, joined, shownValues, trialAxis } from './objectiveAxis.ts';
import { objectiveScatter } from './objectiveScatter.ts';

export function buildHistory(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { objective, best } = options;
  const moments = options.byTime ? momentsOf(model) : null;
  const byTime = moments && elapsedAxis(moments.first, moments.latest, t('elapsed'));
  const at = moments && byTime ? (number: number) => byTime.place(moments.of(number)) : (number: number) => number;
  const scatter = objectiveScatter(
    model,
    {
      key: byTime ? 'history by time' : 'history',
      x: at,
      has: (number) => !Number.isNaN(at(number)),
      axis: () => {
        if (byTime) return byTime.axis;
        const axis = trialAxis(model.length, options.total, t('columnTrial'));
        const range = { min: 0, max: Math.max(1, model.length - 1), log: false };
        return { ...axis, brush: { name: options.filterName('trial.number'), choices: null, isWhole: true, range } };
      },
      empty: t('noValues'),
      guides: (range) => [{ style: 'bestSoFar', points: bestSoFar(model, objective, range, byTime ? at : undefined) }],
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
    title: t(byTime ? 'objectiveByTime' : 'objectiveByTrial', { objective: options.objectiveName }),
    count: shown,
    best: bestSentence(),
  }).trim();
  return { ...scatter, label: joined([label, scatter.note], ' ') };
}

/** When trials ended; of one that runs, the latest moment that is known. Null where no trial has a time. */
function momentsOf(model: TrialModel) {
  let [first, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let number = 0; number < model.length; number++) {
    const [start, end] = [model.startedAt(number), model.completedAt(number)];
    if (start < first) first = start;
    if (start > latest) latest = start;
    if (end > latest) latest = end;
  }
  if (!Number.isFinite(first)) return null;
  const of = (number: number) => {
    const end = model.completedAt(number);
    if (!Number.isNaN(end)) return end;
    return Number.isNaN(model.startedAt(number)) ? Number.NaN : latest;
  };
  return { first, latest, of };
}

/**
 * The step line: one point an improvement and one at the newest trial. Complete, feasible trials with a number count. `at`:
 * where trials stand, in whose order they improve; their numbers by default.
 */
export function bestSoFar(
  model: TrialModel,
  objective: number,
  range: AxisRange,
  at?: (number: number) => number,
): PlotPoint[] {
  const sign = model.isMinimized(objective) ? 1 : -1;
  const line: PlotPoint[] = [];
  let best = Number.POSITIVE_INFINITY;
  let last = -1;
  const numbers = at && [...model.states.keys()].filter((number) => !Number.isNaN(at(number)));
  if (numbers && at) numbers.sort((one, other) => at(one) - at(other) || one - other);
  for (let turn = 0; turn < (numbers ?? model).length; turn++) {
    const number = numbers ? (numbers[turn] as number) : turn;
    const x = at?.(number) ?? number;
    if (model.hasBegun(number) && x > last) last = x;
    if (model.state(number) !== TrialState.complete || !model.isFeasible(number)) continue;
    const cost = sign * model.value(number, objective);
    if (!(cost < best)) continue;
    best = cost;
    line.push({ x, y: clampTo(range, sign * cost), n: number });
  }
  const end = line.at(-1);
  if (end && last > end.x) line.push({ ...end, x: last });
  return line;
}
