/** How far a scheduler took each trial: a stem from its first rung to its last, ending in the shape of its state. */
import { TrialState } from '../src/core/study/states.ts';
import { thin } from './decimate.ts';
import { formatSignificant } from './format.ts';
import type { TrialModel } from './model.ts';
import { keepSet, trialAxis } from './objectiveAxis.ts';
import type { PlotContent, PlotOptions, PlotPoint, PlotStyle } from './plotData.ts';
import type { Translate } from './strings.ts';

/** More levels than this are no rungs of a schedule. */
const MOST_TICKS = 8;
/** Drawing order: later ones lie on top. */
const ORDER = ['stem', 'passed', 'complete', 'pruned', 'failed', 'paused', 'running'] as const;

export function buildRungs(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { schedule } = model;
  const levels = new Levels(model);
  if (levels.trials.length === 0) return { empty: model.length === 0 ? t('noTrials') : t('noRungs') };
  const places = (number: number): PlotPoint[] =>
    rungsOf(model, number).map((rung) => ({ x: number, y: levels.of(rung), n: number }));
  const drawn = chosenTrials(model, levels, options);
  const counts = levels.values.map((rung, level) => t('rungCount', rungName(rung), levels.reached[level] as number));
  return {
    empty: null,
    data: {
      x: trialAxis(model.length, options.total),
      y: levels.axis(),
      sets: rungSets(model, drawn, places),
      isCurves: false,
      locate: (number) => places(number).slice(-1),
      trials: levels.trials,
    },
    note: t(schedule.areRungsSteps ? 'rungsNote' : 'rungNumbersNote', counts.join(', ')),
    label: t('rungsLabel', levels.trials.length, counts.join(', ')),
  };
}

/** All rungs of a trial: a promoted one began at the first of its bracket. */
function rungsOf({ schedule }: TrialModel, number: number): number[] {
  const rungs = [...schedule.rungs(number)];
  const first = schedule.firstStep(number);
  return rungs.length > 0 && first < (rungs[0] as number) ? [first, ...rungs] : rungs;
}

function rungName(rung: number): string {
  return formatSignificant(rung, 4);
}

/** The distinct rungs of a study, evenly spaced from the bottom. */
class Levels {
  readonly values: readonly number[];
  /** Trials that were let train to a level. */
  readonly reached: readonly number[];
  /** Trials that were let train to any. */
  readonly trials: readonly number[];
  readonly #levels: ReadonlyMap<number, number>;

  constructor(model: TrialModel) {
    const counts = new Map<number, number>();
    const trials: number[] = [];
    for (let number = 0; number < model.length; number++) {
      const rungs = rungsOf(model, number);
      if (rungs.length > 0) trials.push(number);
      for (const rung of rungs) counts.set(rung, (counts.get(rung) ?? 0) + 1);
    }
    this.values = [...counts.keys()].sort((a, b) => a - b);
    this.reached = this.values.map((rung) => counts.get(rung) as number);
    this.trials = trials;
    this.#levels = new Map(this.values.map((rung, level) => [rung, level]));
  }

  of(rung: number): number {
    return this.#levels.get(rung) ?? Number.NaN;
  }

  axis() {
    const { values } = this;
    const shown = thin([...values.keys()], MOST_TICKS);
    const label = (tick: number) => rungName(values[tick] ?? Number.NaN);
    return { min: -0.5, max: values.length - 0.5, log: false, ticks: shown, label };
  }
}

/** Within the budget: an equal share for those whose last rung is the same, so that the few at the top all stay. */
function chosenTrials(model: TrialModel, levels: Levels, options: PlotOptions): number[] {
  const byLast = new Map<number, number[]>();
  let points = 0;
  for (const number of levels.trials) {
    const rungs = rungsOf(model, number);
    const last = rungs.at(-1) as number;
    const same = byLast.get(last);
    if (same) same.push(number);
    else byLast.set(last, [number]);
    // Each rung is a point of the stem and a point of its own; the pen is lifted once.
    points += 2 * rungs.length + 1;
  }
  if (points <= options.budget) return [...levels.trials];
  const share = options.budget / byLast.size;
  const chosen = new Set(keepSet(model, options));
  for (const [last, numbers] of byLast) {
    const size = 2 * (levels.of(last) + 1) + 1;
    for (const number of thin(numbers, Math.max(1, Math.floor(share / size)))) chosen.add(number);
  }
  return levels.trials.filter((number) => chosen.has(number));
}

function rungSets(model: TrialModel, drawn: readonly number[], places: (number: number) => PlotPoint[]) {
  const groups = new Map<PlotStyle, PlotPoint[]>(ORDER.map((style) => [style, []]));
  for (const number of drawn) {
    const points = places(number);
    const last = points.at(-1);
    if (!last) continue;
    if (points.length > 1) groups.get('stem')?.push(...points, { ...last, y: Number.NaN });
    groups.get('passed')?.push(...points.slice(0, -1));
    groups.get(stateStyle(model, number))?.push(last);
  }
  return [...groups].filter(([, points]) => points.length > 0).map(([style, points]) => ({ style, points }));
}

/** The shape of a trial's state where its value plays no part. */
export function stateStyle(model: TrialModel, number: number): PlotStyle & (typeof ORDER)[number] {
  if (model.isPaused(number) || model.state(number) === TrialState.waiting) return 'paused';
  switch (model.state(number)) {
    case TrialState.complete:
      return 'complete';
    case TrialState.pruned:
      return 'pruned';
    case TrialState.running:
      return model.isInterrupted(number) ? 'failed' : 'running';
    default:
      return 'failed';
  }
}
