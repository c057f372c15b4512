/** What share of the complete trials is at most as large as a value (the empirical distribution function). */
import { TrialState } from '../../src/core/study/states.ts';
import { thin } from '../model/decimate.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotContent, PlotOptions, PlotPoint } from '../plot/plotData.ts';
import { clampTo, ticks } from '../plot/scales.ts';
import { formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { noValueSentence, objectiveRange, shownValues, valueAxis } from './objectiveAxis.ts';

export function buildEdf(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const values = shownValues(model, options.objective);
  const range = objectiveRange(model, values, options);
  const all = Array.from({ length: model.length }, (_, number) => number).filter(
    (number) => model.state(number) === TrialState.complete && !Number.isNaN(values[number] as number),
  );
  if (!range || all.length === 0) return { empty: noValueSentence(model, values, t) };
  const sorted = all.sort((one, other) => (values[one] as number) - (values[other] as number) || one - other);
  const place = new Map(sorted.map((number, at) => [number, (at + 1) / sorted.length]));
  const point = (number: number): PlotPoint => {
    return { x: clampTo(range, values[number] as number), y: place.get(number) as number, n: number };
  };
  const drawn = thin(sorted, options.budget);
  const points = drawn.map(point);
  const line = [{ ...(points[0] as PlotPoint), y: 0 }, ...points];
  const share = { min: 0, max: 1.03, log: false };
  const name = options.filterName(`values.${options.objectiveName}`);
  return {
    empty: null,
    data: {
      x: { ...valueAxis(options.objectiveName, range), brush: { name, choices: null, isWhole: false, range } },
      y: { ...share, ticks: ticks({ ...share, max: 1 }, 4), label: (tick) => `${Math.round(100 * tick)} %`, name: '' },
      sets: [
        { style: 'frontLine', points: stepped(line) },
        { style: 'complete', points },
      ],
      isCurves: false,
      locate: (number) => (place.has(number) ? [point(number)] : []),
      trials: [...all].sort((one, other) => one - other),
    },
    note: '',
    label: t('edfLabel', { objective: options.objectiveName, count: formatCount(sorted.length) }),
  };
}

/** Level until the next value, then up. */
export function stepped(points: readonly PlotPoint[]): PlotPoint[] {
  return points.flatMap((point, at) => {
    const before = points[at - 1];
    return before ? [{ ...point, y: before.y }, point] : [point];
  });
}
