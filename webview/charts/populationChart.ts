/** Populations: the members of population based training by generation, or the objective by generation of an evolution. */

import type { TrialModel } from '../model/model.ts';
import type { PlotAxis, PlotContent, PlotOptions, PlotPoint, PlotStyle } from '../plot/plotData.ts';
import { jitter, ticks } from '../plot/scales.ts';
import { formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { joined } from './objectiveAxis.ts';
import { objectiveScatter } from './objectiveScatter.ts';
import { stateStyle } from './rungsChart.ts';

const ORDER = ['stem', 'takeover', 'complete', 'pruned', 'failed', 'paused', 'running'] as const;
/** Line, pen lifted, takeover and end of a trial. */
const POINTS_A_STRETCH = 7;
/** Share of the axis that a takeover leans. */
const LEAN = 0.015;
/** How far the trials of a generation are spread out. */
const SPREAD = 0.6;

/**
 * One line a member, its trials end to end in trained steps. Where a member goes on with another one's weights, a broken
 * line leads from there.
 */
export function buildPopulation(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { schedule } = model;
  const trials: number[] = [];
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let width = 0;
  for (let number = 0; number < model.length; number++) {
    if (schedule.member(number) < 0) continue;
    trials.push(number);
    first = Math.min(first, schedule.trainedFrom(number));
    last = Math.max(last, schedule.trainedTo(number));
    width = Math.max(width, schedule.member(number));
  }
  if (trials.length === 0) return { empty: model.length === 0 ? t('noTrials') : t('noPopulation') };
  const drawn = newestStretches(model, trials, options.budget);
  const from = drawn.length < trials.length ? Math.min(...drawn.map((number) => schedule.trainedFrom(number))) : first;
  const takeovers = trials.reduce((count, number) => count + Number(isTakeover(model, number)), 0);
  return {
    empty: null,
    data: {
      x: stepAxis(t('columnBudget'), from, last),
      y: wholeAxis(t('columnMember'), 0, width),
      sets: populationSets(model, drawn, LEAN * (last - from)),
      isCurves: false,
      locate: (number) => (number < model.length && schedule.member(number) >= 0 ? [endOf(model, number)] : []),
      trials,
    },
    note: joined([
      drawn.length < trials.length
        ? t('newestOf', { drawn: formatCount(drawn.length), trials: formatCount(trials.length) })
        : '',
      t('takeovers', { takeovers }),
    ]),
    label: t('populationLabel', { members: width + 1, last, takeovers }),
  };
}

function endOf({ schedule }: TrialModel, number: number): PlotPoint {
  return { x: schedule.trainedTo(number), y: schedule.member(number), n: number };
}

/** Whether a trial went on from another member's weights instead of its own. */
function isTakeover({ schedule, length }: TrialModel, number: number): boolean {
  const parent = schedule.parent(number);
  return parent >= 0 && parent < length && schedule.member(parent) !== schedule.member(number);
}

/** What fits into the budget, from the end: where a population stands now matters most. */
function newestStretches({ schedule }: TrialModel, trials: readonly number[], budget: number): number[] {
  const room = Math.floor(budget / POINTS_A_STRETCH);
  if (trials.length <= room) return [...trials];
  // Of members that began at the same step the later trials count as newer.
  return [...trials].sort((a, b) => schedule.trainedFrom(b) - schedule.trainedFrom(a) || b - a).slice(0, room);
}

/** `lean`: how far a takeover leans to the right, so that its direction is seen. */
function populationSets(model: TrialModel, drawn: readonly number[], lean: number) {
  const { schedule } = model;
  const groups = new Map<PlotStyle, PlotPoint[]>(ORDER.map((style) => [style, []]));
  for (const number of drawn) {
    const end = endOf(model, number);
    const start = { ...end, x: schedule.trainedFrom(number) };
    groups.get(stateStyle(model, number))?.push(end);
    groups.get('stem')?.push(start, end, { ...end, y: Number.NaN });
    if (!isTakeover(model, number)) continue;
    const from = { ...start, y: schedule.member(schedule.parent(number)) };
    groups.get('takeover')?.push(from, { ...start, x: start.x + lean }, { ...start, y: Number.NaN });
  }
  return [...groups].filter(([, points]) => points.length > 0).map(([style, points]) => ({ style, points }));
}

function stepAxis(name: string, min: number, max: number): PlotAxis {
  const margin = (max - min) * 0.02 || 1;
  const axis = { min: min - margin, max: max + margin, log: false };
  return { ...axis, ticks: ticks(axis, 8).filter(Number.isInteger), label: String, name };
}

function wholeAxis(name: string, min: number, max: number): PlotAxis {
  const axis = { min: min - 0.5, max: Math.max(max, min + 1) + 0.5, log: false };
  return {
    ...axis,
    ticks: ticks(axis, 8).filter(Number.isInteger),
    label: String,
    whole: { from: min, share: 0.7 },
    name,
  };
}

/** The objective of every trial by the generation that it belongs to. */
export function buildGenerations(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { schedule } = model;
  let last = 0;
  for (let number = 0; number < model.length; number++) last = Math.max(last, schedule.generation(number));
  const scatter = objectiveScatter(
    model,
    {
      key: 'generation',
      x: (number) => schedule.generation(number) + SPREAD * jitter(number),
      has: (number) => schedule.generation(number) >= 0,
      axis: () => wholeAxis(t('columnGeneration'), 0, last),
      empty: t('noPopulation'),
    },
    options,
    t,
  );
  if (scatter.empty !== null) return scatter;
  const label = t('generationsLabel', {
    objective: options.objectiveName,
    count: formatCount(scatter.count),
    generations: last + 1,
  });
  return {
    ...scatter,
    note: scatter.note || t('generationsNote', { objective: options.objectiveName }),
    label: joined([label, scatter.note], ' '),
  };
}
