/** What the box under the pointer says of a place where many trials are. */
import { QUANTILES } from '../charts/curveBands.ts';
import { formatCount, formatRange, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { TooltipText } from '../ui/tooltip.ts';
import type { BinAxis } from './binAxis.ts';
import type { DensityGrid } from './density.ts';
import type { LayerHit } from './layers.ts';
import type { PlotAxis, PlotData } from './plotData.ts';

/** `nearest`: the trial nearest to the pointer that is drawn as a point; null where none is. */
export function layerText(
  hit: LayerHit,
  data: PlotData,
  grid: DensityGrid,
  nearest: number | null,
  t: Translate,
): TooltipText {
  const lines: { name: string; text: string }[] = [];
  const add = (name: string, text: string) => lines.push({ name, text });
  let title = '';
  const cloud = data.density ?? data.context;
  if (hit.kind === 'cell' && cloud) {
    const trials = hit.items.map(cloud.trial);
    title = t('cellTrials', { trials: formatCount(trials.length) });
    add(data.y.name, rangeText(data.y, grid.y, hit.row));
    add(data.x.name, rangeText(data.x, grid.x, hit.column));
    add(t('columnState'), cloud.describe(trials));
  } else if (hit.kind === 'lines') {
    title = t('cellLines', { count: formatCount(hit.count) });
    add(t('cellBest'), formatCount(hit.best));
  } else if (hit.kind === 'bands' && data.bands) {
    const { curves, reached, quantiles, steps } = data.bands;
    const step = formatSignificant(steps[hit.at] as number, 6);
    title = t('curvesAtStep', { reached: formatCount(reached[hit.at] as number), curves: formatCount(curves), step });
    for (const [index, share] of [...QUANTILES.entries()].reverse()) {
      const value = formatSignificant((quantiles[index] as Float64Array)[hit.at] as number, 4);
      add(share === 0.5 ? t('median') : `${100 * share} %`, value);
    }
  }
  if (nearest !== null) add(t('nearestMarked'), t('bestTrial', { number: nearest }));
  return { key: [title, ...Object.values(hit.box)].join(), title, lines };
}

function rangeText(axis: PlotAxis, bins: BinAxis, bin: number): string {
  const [from, to] = bins.range(bin);
  const lane = axis.lanes?.find((one) => one.at >= from && one.at <= to);
  if (lane) return lane.label;
  if (axis.whole === undefined) return formatRange(from, to);
  const [first, last] = [from, to].map((value) => [axis.label(value)].flat().join(' '));
  return first === last ? String(first) : `${first} … ${last}`;
}
