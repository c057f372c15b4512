import type { ChartDataset } from 'chart.js';
import { type Theme, withAlpha } from '../ui/theme.ts';
import type { PlotStyle } from './plotData.ts';

export type PlotDataset = ChartDataset<'scatter'>;

/** A chart with more points than this draws them smaller and paler, so that where they crowd is seen. */
export const DENSE = 1200;

/** From blue over violet to yellow, each apart from a dark and a light background: see the scale in panel.css. */
const RAMP = ['#3f78d8', '#7d5fd3', '#b9529f', '#e0645c', '#e8a33a'];

/** Shape and colour of a set; every state differs in shape, so that colour is never needed to tell. */
export function datasetStyle(style: PlotStyle, theme: Theme, isDense: boolean): Omit<PlotDataset, 'data'> {
  const { accent, pruned, paused, failed, muted, isHighContrast } = theme;
  const clear = 'transparent';
  const size = isDense ? 0.7 : 1;
  const soft = isHighContrast ? accent : withAlpha(accent, isDense ? 0.4 : 0.72);
  const dim = withAlpha(muted, isDense ? 0.35 : 0.55);
  switch (style) {
    case 'complete':
      return points('circle', 3 * size, { fill: soft, stroke: clear, width: 0 });
    case 'infeasible':
      return points('rect', 3.5 * size, { fill: clear, stroke: muted, width: 1.2 });
    case 'pruned':
      return {
        ...points('triangle', 4 * size, { fill: clear, stroke: pruned, width: 1.3 * size }),
        pointRotation: 180,
      };
    case 'failed':
      return points('crossRot', 4 * size, { fill: clear, stroke: failed, width: 1.5 * size });
    case 'running':
      return points('circle', 4, { fill: clear, stroke: accent, width: 1.5 });
    case 'paused':
      return points('rectRot', 4.5, { fill: clear, stroke: paused, width: 1.5 });
    case 'front':
      return points('circle', 3.6, { fill: accent, stroke: clear, width: 0 });
    case 'dominated':
      return isHighContrast
        ? points('circle', 2.4 * size, { fill: clear, stroke: muted, width: 1 })
        : points('circle', 2.6 * size, { fill: dim, stroke: clear, width: 0 });
    case 'passed':
      return points('circle', 2 * size, { fill: soft, stroke: clear, width: 0 });
    case 'above':
      return points('triangle', 4, { fill: muted, stroke: clear, width: 0 });
    case 'below':
      return { ...points('triangle', 4, { fill: muted, stroke: clear, width: 0 }), pointRotation: 180 };
    case 'bestSoFar':
      return { ...line(accent, 1.6), stepped: 'before' };
    case 'frontLine':
      return line(accent, 1.4);
    case 'stem':
      return curve(isHighContrast ? muted : withAlpha(muted, isDense ? 0.3 : 0.5), 1.2 * size);
    case 'span':
      return curve(isHighContrast ? accent : withAlpha(accent, 0.7), 5);
    case 'takeover':
      return { ...curve(pruned, 1.3), borderDash: [4, 3] };
    case 'curve':
      return curve(isHighContrast ? accent : withAlpha(accent, isDense ? 0.14 : 0.42), 1.2 * size);
    case 'curveRaw':
      return curve(withAlpha(accent, isHighContrast ? 0.45 : isDense ? 0.06 : 0.16), 1);
    case 'otherLine':
      return curve(withAlpha(muted, isHighContrast ? 0.5 : isDense ? 0.12 : 0.22), 1);
    case 'lineFailed':
      return { ...curve(isHighContrast ? failed : withAlpha(failed, isDense ? 0.2 : 0.45), 1), borderDash: [2, 3] };
    case 'curvePruned':
      return curve(isHighContrast ? pruned : withAlpha(pruned, isDense ? 0.3 : 0.75), 1.2 * size);
    case 'curveRunning':
      return { ...curve(accent, 1.4), borderDash: [4, 3] };
    case 'effect':
      return curve(theme.foreground, 1.6);
    case 'interval':
      return curve(isHighContrast ? theme.foreground : withAlpha(theme.foreground, 0.6), 1.4);
    case 'expected':
      return points('circle', 4, { fill: accent, stroke: theme.background, width: 1.5 });
    case 'colour0':
    case 'colour1':
    case 'colour2':
    case 'colour3':
    case 'colour4': {
      // Larger as well as warmer: the order is seen without the colours.
      const place = Number(style.at(-1));
      return points('circle', (2.6 + 0.35 * place) * size, { fill: RAMP[place] as string, stroke: clear, width: 0 });
    }
    case 'rank0':
      return points('circle', 3.8 * size, { fill: accent, stroke: clear, width: 0 });
    case 'rank1':
      return points('circle', 3 * size, {
        fill: isHighContrast ? accent : withAlpha(accent, 0.5),
        stroke: clear,
        width: 0,
      });
    case 'rank2':
      return points('circle', 3 * size, { fill: clear, stroke: isHighContrast ? muted : dim, width: 1.2 });
    case 'rank3':
      return points('crossRot', 2.6 * size, { fill: clear, stroke: isHighContrast ? muted : dim, width: 1.2 });
    default:
      return studyLine(Number(style.slice('study'.length)), theme);
  }
}

/** The first lines of each colour are whole, those after them dashed. */
function studyLine(place: number, theme: Theme): Omit<PlotDataset, 'data'> {
  const { studies } = theme;
  const look = curve(studies[place % studies.length] as string, 2);
  return place < studies.length ? look : { ...look, borderDash: [6, 4] };
}

/** The same shape in grey: outside of the filter. */
export function outStyle(look: Omit<PlotDataset, 'data'>, { muted, isHighContrast }: Theme): Omit<PlotDataset, 'data'> {
  const grey = withAlpha(muted, isHighContrast ? 0.45 : 0.3);
  const { pointBackgroundColor: fill, pointBorderColor: stroke } = look;
  return {
    ...look,
    ...(look.showLine ? { borderColor: withAlpha(muted, isHighContrast ? 0.3 : 0.16) } : {}),
    pointBackgroundColor: fill === undefined || fill === 'transparent' ? 'transparent' : grey,
    pointBorderColor: stroke === undefined || stroke === 'transparent' ? 'transparent' : grey,
  };
}

/** What lies under a set so that it stands out from a density: its line or points in the background's colour, larger. */
export function casing(look: Omit<PlotDataset, 'data'>, { background }: Theme): Omit<PlotDataset, 'data'> {
  if (look.showLine)
    return { ...look, borderColor: background, borderWidth: Number(look.borderWidth) + 3, borderDash: [] };
  const { pointStyle, pointRotation, pointRadius } = look as {
    pointStyle: 'circle';
    pointRotation?: number;
    pointRadius: number;
  };
  const outline = { fill: background, stroke: background, width: 2.4 };
  return { ...points(pointStyle, pointRadius, outline), pointRotation: pointRotation ?? 0 };
}

interface PointLook {
  readonly fill: string;
  readonly stroke: string;
  readonly width: number;
}

function points(pointStyle: 'circle' | 'triangle' | 'crossRot' | 'rect' | 'rectRot', radius: number, look: PointLook) {
  return {
    pointStyle,
    pointRadius: radius,
    pointHoverRadius: radius,
    pointBackgroundColor: look.fill,
    pointBorderColor: look.stroke,
    pointBorderWidth: look.width,
    pointHitRadius: 0,
    showLine: false,
    clip: 8,
  } as const;
}

function line(color: string, width: number) {
  return {
    showLine: true,
    borderColor: color,
    borderWidth: width,
    pointRadius: 0,
    pointHitRadius: 0,
    fill: false,
  } as const;
}

/** Curves of many trials in one set: steps go back to the start, so chart.js must not take them for sorted. */
function curve(color: string, width: number) {
  return {
    ...line(color, width),
    parsing: { xAxisKey: 'x', yAxisKey: 'y' },
    spanGaps: false,
    borderJoinStyle: 'round',
  } as const;
}
