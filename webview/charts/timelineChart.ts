/** When each trial ran and where: a line a trial, a lane for each that a worker runs at once. Gaps are idle time. */
import { TrialState } from '../../src/core/study/states.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotAxis, PlotContent, PlotOptions, PlotPoint, PlotStyle } from '../plot/plotData.ts';
import { formatCount, formatDuration } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { elapsedAxis, joined } from './objectiveAxis.ts';

/** Lines beyond this many are a single colour: the newest are drawn. */
const MOST_LINES = 4000;
const LANE_HEIGHT = 40;

export function buildTimeline(model: TrialModel, _options: PlotOptions, t: Translate): PlotContent {
  const ran: number[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (let number = 0; number < model.length; number++) {
    const [start, end] = [model.startedAt(number), model.completedAt(number)];
    if (!Number.isFinite(start)) continue;
    ran.push(number);
    latest = Math.max(latest, start, Number.isFinite(end) ? end : start);
  }
  if (ran.length === 0) return { empty: t('noTimes') };
  const drawn = ran
    .sort((one, other) => model.startedAt(one) - model.startedAt(other) || one - other)
    .slice(-MOST_LINES);
  const first = model.startedAt(drawn[0] as number);
  const { axis: x, place } = elapsedAxis(first, latest, t('columnStart'));
  const endOf = (number: number) => {
    const end = model.completedAt(number);
    return Number.isFinite(end) ? Math.max(end, model.startedAt(number)) : latest;
  };
  const { laneOf, lanes } = lanesOf(model, drawn, endOf);
  const line = (number: number): PlotPoint[] => {
    const y = lanes.length - 1 - (laneOf.get(number) as number);
    return [model.startedAt(number), endOf(number)].map((time) => ({ x: place(time), y, n: number }));
  };
  const busy = drawn.reduce((sum, number) => sum + endOf(number) - model.startedAt(number), 0);
  const share = Math.round((100 * busy) / Math.max(1, lanes.length * (latest - first)));
  const said = t('timelineNote', { lanes: lanes.length, share });
  return {
    empty: null,
    data: {
      x,
      y: laneAxis(lanes),
      sets: setsOf(model, drawn, line),
      isCurves: true,
      locate: (number) => (laneOf.has(number) ? line(number) : []),
      trials: [...drawn].sort((one, other) => one - other),
    },
    note: joined([
      drawn.length < ran.length
        ? t('newestOf', { drawn: formatCount(drawn.length), trials: formatCount(ran.length) })
        : '',
      said,
    ]),
    height: LANE_HEIGHT * lanes.length,
    label: joined(
      [t('timelineLabel', { count: formatCount(drawn.length), time: formatDuration(latest - first, t) }), said],
      ' ',
    ),
  };
}

/** Lanes by worker; a trial takes the first lane of its worker that is free when it starts. */
function lanesOf(model: TrialModel, byStart: readonly number[], endOf: (number: number) => number) {
  const worker = model.attributes.find(({ kind }) => kind === 'worker');
  const nameOf = (number: number) => {
    const place = worker?.values[number] ?? Number.NaN;
    return Number.isNaN(place) ? '' : (worker?.choices?.[place] ?? '');
  };
  const free = new Map<string, number[]>();
  const found: [number: number, name: string, slot: number][] = byStart.map((number) => {
    const name = nameOf(number);
    const slots = free.get(name) ?? [];
    free.set(name, slots);
    const open = slots.findIndex((until) => until <= model.startedAt(number));
    const slot = open < 0 ? slots.length : open;
    slots[slot] = endOf(number);
    return [number, name, slot];
  });
  const lanes = [...free].flatMap(([name, slots]) => slots.map((_, slot) => (slot === 0 ? name : '')));
  const offsets = new Map<string, number>();
  let offset = 0;
  for (const [name, slots] of free) {
    offsets.set(name, offset);
    offset += slots.length;
  }
  const laneOf = new Map(found.map(([number, name, slot]) => [number, (offsets.get(name) as number) + slot]));
  return { laneOf, lanes };
}

function laneAxis(lanes: readonly string[]): PlotAxis {
  const named = [...lanes.keys()].filter((at) => lanes[at] !== '');
  const label = (tick: number) => {
    const name = lanes[lanes.length - 1 - tick] ?? '';
    return name.length > 16 ? `${name.slice(0, 15)}…` : name;
  };
  const range = { min: -0.7, max: lanes.length - 0.3, log: false };
  return { ...range, ticks: named.map((at) => lanes.length - 1 - at), label, name: '' };
}

function setsOf(model: TrialModel, drawn: readonly number[], line: (number: number) => PlotPoint[]) {
  const groups = new Map<PlotStyle, PlotPoint[]>();
  const add = (style: PlotStyle, ...points: PlotPoint[]) => {
    const group = groups.get(style) ?? [];
    groups.set(style, group);
    group.push(...points);
  };
  for (const number of drawn) {
    const points = line(number);
    const end = points[1] as PlotPoint;
    const state = model.state(number);
    const isRunning = state === TrialState.running && !model.isInterrupted(number);
    add(isRunning ? 'curveRunning' : 'span', ...points, { ...end, y: Number.NaN });
    if (state === TrialState.pruned) add('pruned', end);
    else if (state === TrialState.fail || model.isInterrupted(number)) add('failed', end);
    else if (state === TrialState.complete) add('passed', end);
  }
  return [...groups].map(([style, points]) => ({ style, points }));
}
