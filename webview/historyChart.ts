/** Objective by trial, with the best so far as a step line. */

import { TrialState } from '../src/core/study/states.ts';
import { ValueFormat } from '../src/core/text/numbers.ts';
import type { TrialModel } from './model.ts';
import {
  clippedNote,
  noValueSentence,
  objectiveRange,
  shownValues,
  trialAxis,
  trialSets,
  valueAxis,
} from './objectiveAxis.ts';
import type { PlotContent, PlotOptions, PlotPoint } from './plotData.ts';
import { type AxisRange, clampTo, withLane } from './scales.ts';
import type { Translate } from './strings.ts';

/** Share of the axis below all values where trials without a value stand. */
const LANE = 0.1;

export function buildHistory(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { objective, best } = options;
  const values = shownValues(model, objective);
  const range = objectiveRange(model, values, options);
  if (!range) return { empty: noValueSentence(model, values, t) };
  const shown = startedTrials(model);
  const hasLane = shown.some((number) => Number.isNaN(values[number] as number));
  const lane = withLane(range, LANE / 2).min;
  const y = (number: number) => {
    const value = values[number] as number;
    return Number.isNaN(value) ? lane : clampTo(range, value);
  };
  const bestSentence = () => {
    if (best !== null) return t('historyLabelBest', ValueFormat.of(values).format(model.value(best, objective)), best);
    return model.directions.length > 1 ? '' : t('historyLabelNoBest');
  };
  const isStarted = (number: number) => number < model.length && model.hasBegun(number);
  return {
    empty: null,
    data: {
      x: trialAxis(model.length, options.total),
      y: valueAxis(hasLane ? withLane(range, LANE) : range, range.min),
      sets: [
        { style: 'bestSoFar', points: bestSoFar(model, objective, range) },
        ...trialSets(model, shown, values, { x: Number, y }, range, options),
      ],
      isCurves: false,
      locate: (number) => (isStarted(number) ? [{ x: number, y: y(number), n: number }] : []),
      trials: shown,
    },
    note: clippedNote(range, t),
    label: t('historyLabel', t('objectiveByTrial', options.objectiveName), shown.length, bestSentence()).trim(),
  };
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

function startedTrials(model: TrialModel): number[] {
  const shown: number[] = [];
  for (let number = 0; number < model.length; number++) {
    if (model.hasBegun(number)) shown.push(number);
  }
  return shown;
}
