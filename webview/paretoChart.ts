/** Two objectives against each other, with the Pareto front as a step line. */
import { TrialState } from '../src/core/study/states.ts';
import { decimate, thin } from './decimate.ts';
import type { TrialModel } from './model.ts';
import { clippedNote, keepSet, valueAxis } from './objectiveAxis.ts';
import type { PlotContent, PlotOptions, PlotPoint, PlotStyle } from './plotData.ts';
import { clampTo, type ValueRange, valueRange } from './scales.ts';
import type { Translate } from './strings.ts';

/** Objective on the horizontal and on the vertical axis. */
export type Pair = readonly [x: number, y: number];

/** Drawing order: the front on top. */
const ORDER = ['infeasible', 'dominated', 'front'] as const;

export function buildPareto(
  model: TrialModel,
  [xObjective, yObjective]: Pair,
  names: readonly string[],
  options: PlotOptions,
  t: Translate,
): PlotContent {
  const isShown = (number: number) =>
    number < model.length &&
    model.state(number) === TrialState.complete &&
    !Number.isNaN(model.value(number, xObjective)) &&
    !Number.isNaN(model.value(number, yObjective));
  const shown: number[] = [];
  for (let number = 0; number < model.length; number++) if (isShown(number)) shown.push(number);
  const range = (objective: number) => {
    const values = Float64Array.from(shown, (number) => model.value(number, objective));
    return valueRange(values, { log: false, better: model.isMinimized(objective) ? 'low' : 'high' });
  };
  const xRange = range(xObjective);
  const yRange = range(yObjective);
  if (!xRange || !yRange) return { empty: model.length === 0 ? t('noTrials') : t('noFront') };
  const x = (number: number) => clampTo(xRange, model.value(number, xObjective));
  const y = (number: number) => clampTo(yRange, model.value(number, yObjective));
  const at = (number: number): PlotPoint => ({ x: x(number), y: y(number), n: number });
  const outside = (number: number) =>
    isOutside(xRange, model.value(number, xObjective)) || isOutside(yRange, model.value(number, yObjective));
  const clipped = shown.reduce((count, number) => count + Number(outside(number)), 0);
  const front = shown.filter((number) => model.front.has(number));
  return {
    empty: null,
    data: {
      x: valueAxis(xRange, xRange.min),
      y: valueAxis(yRange, yRange.min),
      sets: [
        { style: 'frontLine', points: stepLine(model, [xObjective, yObjective], front.map(at)) },
        ...paretoSets(model, shown, front, at, options),
      ],
      isCurves: false,
      locate: (number) => (isShown(number) ? [at(number)] : []),
      trials: shown,
    },
    note: [
      // Of more objectives the choices beside say it.
      names.length > 2
        ? ''
        : t('parameterNote', directed(model, names, yObjective), directed(model, names, xObjective)),
      clippedNote({ ...yRange, clipped }, t),
    ]
      .filter((part) => part !== '')
      .join(' · '),
    label: t('paretoLabel', names[yObjective] ?? '', names[xObjective] ?? '', shown.length, front.length),
  };
}

/** A name with the direction in which it gets better. */
export function directed(model: TrialModel, names: readonly string[], objective: number): string {
  return `${names[objective] ?? ''} ${model.isMinimized(objective) ? '↓' : '↑'}`;
}

function isOutside({ min, max }: ValueRange, value: number): boolean {
  return value < min || value > max;
}

/**
 * The border of what the front dominates in these two objectives, from left to right. Of a front of more objectives only
 * the points that none of the others beats in these two lie on it.
 */
export function stepLine(model: TrialModel, [xObjective, yObjective]: Pair, front: readonly PlotPoint[]): PlotPoint[] {
  const xSign = model.isMinimized(xObjective) ? 1 : -1;
  const ySign = model.isMinimized(yObjective) ? 1 : -1;
  // From the best in x to the worst: each point of the border is better in y than all before it.
  const sorted = [...front].sort((a, b) => xSign * (a.x - b.x) || ySign * (a.y - b.y));
  const border: PlotPoint[] = [];
  for (const point of sorted) {
    const last = border.at(-1);
    if (last && !(ySign * point.y < ySign * last.y)) continue;
    if (last) border.push({ x: point.x, y: last.y, n: point.n });
    border.push(point);
  }
  return xSign > 0 ? border : border.reverse();
}

function paretoSets(
  model: TrialModel,
  shown: readonly number[],
  front: readonly number[],
  at: (number: number) => PlotPoint,
  options: PlotOptions,
) {
  const kept = new Set(thin(front, Math.floor(options.budget / 2)));
  const keep = keepSet(model, options);
  const rest = shown.filter((number) => !model.front.has(number));
  const others = decimate({
    points: rest,
    x: (number) => at(number).x,
    y: (number) => at(number).y,
    budget: options.budget - kept.size - keep.size,
    keep,
  });
  const groups = new Map<PlotStyle, PlotPoint[]>(ORDER.map((style) => [style, []]));
  for (const number of [...others, ...kept]) {
    const style = model.front.has(number) ? 'front' : model.isFeasible(number) ? 'dominated' : 'infeasible';
    groups.get(style)?.push(at(number));
  }
  for (const points of groups.values()) points.sort((one, other) => one.x - other.x);
  return [...groups].filter(([, points]) => points.length > 0).map(([style, points]) => ({ style, points }));
}
