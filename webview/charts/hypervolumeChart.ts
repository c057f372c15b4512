/** Hypervolume by trial: how the Pareto front grew. */

import { type HypervolumeHistory, MOST_OBJECTIVES, TINY } from '../model/hypervolumeHistory.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotContent, PlotOptions, PlotPoint } from '../plot/plotData.ts';
import { padRange } from '../plot/scales.ts';
import { formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { trialAxis, valueAxis } from './objectiveAxis.ts';

export function buildHypervolume(
  model: TrialModel,
  history: HypervolumeHistory,
  names: readonly string[],
  options: Pick<PlotOptions, 'total'>,
  t: Translate,
): PlotContent {
  if (names.length > MOST_OBJECTIVES) return { empty: t('tooManyObjectives', { most: MOST_OBJECTIVES }) };
  const { steps, reference } = history;
  const last = steps.at(-1);
  if (!last || !reference) return { empty: model.length === 0 ? t('noTrials') : t('noFront') };
  const line: PlotPoint[] = steps.map(({ number, volume }) => ({ x: number, y: volume, n: number }));
  const improving = new Map(line.map((point) => [point.n, point]));
  const range = { ...padRange((line[0] as PlotPoint).y, last.volume, false), log: false };
  const place = names.map((name, objective) => {
    const loss = reference[objective] as number;
    const value = model.isMinimized(objective) ? loss : -loss;
    return `${name} ${loss === TINY ? '0' : formatSignificant(value, 3)}`;
  });
  const where = t('referencePoint', { place: place.join(', ') });
  return {
    empty: null,
    data: {
      x: trialAxis(model.length, options.total, t('columnTrial')),
      y: valueAxis(t('hypervolume'), range),
      sets: [
        { style: 'bestSoFar', points: [...line, { x: model.length - 1, y: last.volume, n: last.number }] },
        { style: 'complete', points: line },
      ],
      isCurves: false,
      locate: (number) => {
        const point = improving.get(number);
        return point ? [point] : [];
      },
      trials: steps.map(({ number }) => number),
    },
    note: where,
    label: t('hypervolumeLabel', { volume: formatSignificant(last.volume, 4), count: steps.length, place: where }),
  };
}
