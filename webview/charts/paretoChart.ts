/** Two objectives against each other, with the Pareto front as a step line. */
import { isFinished, TrialState } from '../../src/core/study/states.ts';
import { thin } from '../model/decimate.ts';
import type { TrialModel } from '../model/model.ts';
import type { AxisBrush } from '../plot/brush.ts';
import type { Cloud } from '../plot/density.ts';
import { type PlotContent, type PlotOptions, type PlotPoint, POINT_BUDGET } from '../plot/plotData.ts';
import { type AxisRange, valueRange } from '../plot/scales.ts';
import { formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { clippedNote, joined, laneAxis, statesSentence, Unvalued } from './objectiveAxis.ts';
import { cloudsOf, notableTrials, setsOf, trialsWhere } from './objectiveScatter.ts';

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
  const trials = trialsWhere(model, isShown);
  const unvalued = new Unvalued();
  const [xs, ys] = [new Float64Array(model.length).fill(Number.NaN), new Float64Array(model.length).fill(Number.NaN)];
  let count = 0;
  for (let number = 0; number < model.length; number++) {
    if (isShown(number)) {
      count++;
      xs[number] = model.value(number, xObjective);
      ys[number] = model.value(number, yObjective);
    } else if (isFinished(model.state(number))) unvalued.add(model, number);
  }
  const range = (values: Float64Array, objective: number) =>
    valueRange(values, { log: false, better: model.isMinimized(objective) ? 'low' : 'high' });
  const [xRange, yRange] = [range(xs, xObjective), range(ys, yObjective)];
  if (!xRange || !yRange) return { empty: model.length === 0 ? t('noTrials') : t('noFront') };
  const isDense = count > options.budget;
  const [xName, yName] = [names[xObjective] ?? '', names[yObjective] ?? ''];
  const edge = { clipped: 0, infinite: 0 };
  const beyond = { left: false, right: false, below: false, above: false };
  for (let number = 0; number < model.length; number++) {
    const [one, other] = [xs[number] as number, ys[number] as number];
    if (!isOutside(xRange, one) && !isOutside(yRange, other)) continue;
    edge.clipped++;
    if (!(Number.isFinite(one) && Number.isFinite(other))) edge.infinite++;
    beyond.left ||= one < xRange.min;
    beyond.right ||= one > xRange.max;
    beyond.below ||= other < yRange.min;
    beyond.above ||= other > yRange.max;
  }
  // As points they stand at the edge; a density would show a ridge there.
  const axisOf = (name: string, { min, max, log }: AxisRange, below: boolean, above: boolean) =>
    laneAxis(name, { min, max, log }, { below: isDense && below, above: isDense && above, unvalued: null });
  const across = axisOf(xName, xRange, beyond.left, beyond.right);
  const up = axisOf(yName, yRange, beyond.below, beyond.above);
  const x = (number: number) => across.place(xs[number] as number);
  const y = (number: number) => up.place(ys[number] as number);
  const at = (number: number): PlotPoint => ({ x: x(number), y: y(number), n: number });
  const front = [...model.front].filter(isShown);
  const { selection } = options;
  const isLeft = (number: number) => isShown(number) && selection.has(number);
  const inside = isDense && selection.isOn && selection.count <= options.budget ? trialsWhere(model, isLeft)() : [];
  const marked = isDense ? [...inside, ...[...notableTrials(model, options)].filter(isShown)] : trials();
  const drawnFront = thin(front, POINT_BUDGET);
  const title = isDense ? t('densityOf', { count: formatCount(count) }) : '';
  const styleOf = (number: number) =>
    model.front.has(number) ? 'front' : model.isFeasible(number) ? 'dominated' : 'infeasible';
  const left = unvalued.sentence(t);
  const absent = left === '' ? '' : t('notDrawn', { trials: left });
  const said = joined([
    title,
    clippedNote(edge, t),
    drawnFront.length < front.length
      ? t('frontOf', { drawn: formatCount(drawnFront.length), front: formatCount(front.length) })
      : '',
  ]);
  const cloud: Cloud = {
    key: `pareto ${xObjective} ${yObjective} ${xRange.min} ${xRange.max} ${yRange.min} ${yRange.max}`,
    size: model.length,
    x: (number) => (Number.isNaN(xs[number] as number) ? Number.NaN : x(number)),
    y,
    trial: Number,
    version: model.version,
    changedSince: (version) => model.changedSince(version),
    title,
    describe: (trials) => statesSentence(model, trials, t),
  };
  const brush = (name: string, range: AxisRange): AxisBrush => {
    return { name: options.filterName(`values.${name}`), choices: null, isWhole: false, range };
  };
  return {
    empty: null,
    data: {
      x: { ...across.axis, brush: brush(xName, xRange) },
      y: { ...up.axis, brush: brush(yName, yRange) },
      sets: [
        { style: 'frontLine', points: stepLine(model, [xObjective, yObjective], front.map(at)) },
        ...setsOf(isDense ? new Set([...marked, ...drawnFront]) : marked, styleOf, at, ORDER),
      ],
      ...(isDense ? cloudsOf(cloud, options) : {}),
      isCurves: false,
      locate: (number) => (isShown(number) ? [at(number)] : []),
      get trials() {
        return trials();
      },
    },
    note: joined([
      // Of more objectives the choices beside say it.
      names.length > 2
        ? ''
        : t('parameterNote', {
            objective: directed(model, names, yObjective),
            parameter: directed(model, names, xObjective),
          }),
      said,
      isDense ? absent : '',
    ]),
    label: joined(
      [t('paretoLabel', { yName, xName, count: formatCount(count), front: formatCount(front.length) }), said, absent],
      ' ',
    ),
  };
}

/** A name with the direction in which it gets better. */
export function directed(model: TrialModel, names: readonly string[], objective: number): string {
  return `${names[objective] ?? ''} ${model.isMinimized(objective) ? '↓' : '↑'}`;
}

function isOutside({ min, max }: AxisRange, value: number): boolean {
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
