/** How far a scheduler took each trial: a stem from its first rung to its last, ending in the shape of its state. */
import { TrialState } from '../../src/core/study/states.ts';
import { thin } from '../model/decimate.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotAxis, PlotContent, PlotOptions, PlotPoint, PlotStyle } from '../plot/plotData.ts';
import { formatCount, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { joined, statesSentence, trialAxis } from './objectiveAxis.ts';
import { notableTrials } from './objectiveScatter.ts';

/** More levels than this are no rungs of a schedule. */
const MOST_TICKS = 8;
/** Trials on the top rung that stay points in a density. */
const MOST_FINALISTS = 100;
/** Drawing order: later ones lie on top. */
const ORDER = ['stem', 'passed', 'complete', 'pruned', 'failed', 'paused', 'running'] as const;

export function buildRungs(model: TrialModel, options: PlotOptions, t: Translate): PlotContent {
  const { schedule } = model;
  const levels = new Levels(model);
  if (levels.trials.length === 0) return { empty: model.length === 0 ? t('noTrials') : t('noRungs') };
  const places = (number: number): PlotPoint[] =>
    rungsOf(model, number).map((rung) => ({ x: number, y: levels.of(rung), n: number }));
  const counts = levels.values.map((rung, level) =>
    t('rungCount', { rung: rungName(rung), count: formatCount(levels.reached[level] as number) }),
  );
  // Each rung is a point of the stem and a point of its own.
  const isDense = 2 * levels.trialAt.length > options.budget;
  const marked = notableTrials(model, options);
  const finalists = levels.finalists;
  if (finalists.length <= MOST_FINALISTS) for (const number of finalists) marked.add(number);
  const drawn = isDense ? levels.trials.filter((number) => marked.has(number)) : levels.trials;
  const total = formatCount(levels.trials.length);
  const title = isDense ? t('densityOf', { count: total }) : '';
  return {
    empty: null,
    data: {
      x: trialAxis(model.length, options.total, t('columnTrial')),
      y: levels.axis(t(schedule.areRungsSteps ? 'columnBudget' : 'columnRung')),
      sets: rungSets(model, drawn, places),
      density: isDense
        ? {
            key: 'rungs',
            size: levels.trialAt.length,
            x: (item) => levels.trialAt[item] as number,
            y: (item) => levels.levelAt[item] as number,
            trial: (item) => levels.trialAt[item] as number,
            version: model.version,
            // A new rung moves the levels above it.
            changedSince: () => null,
            title,
            describe: (trials) => statesSentence(model, trials, t),
          }
        : undefined,
      isCurves: false,
      locate: (number) => places(number).slice(-1),
      trials: levels.trials,
    },
    note: joined([title, t(schedule.areRungsSteps ? 'rungsNote' : 'rungNumbersNote', { counts: counts.join(', ') })]),
    label: joined([t('rungsLabel', { total, counts: counts.join(', ') }), title], ' '),
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
  /** Every rung of every trial: whose it is, and its level. */
  readonly trialAt: readonly number[];
  readonly levelAt: readonly number[];
  readonly #levels: ReadonlyMap<number, number>;

  constructor(model: TrialModel) {
    const counts = new Map<number, number>();
    const trials: number[] = [];
    const trialAt: number[] = [];
    const rungAt: number[] = [];
    for (let number = 0; number < model.length; number++) {
      const rungs = rungsOf(model, number);
      if (rungs.length > 0) trials.push(number);
      for (const rung of rungs) {
        counts.set(rung, (counts.get(rung) ?? 0) + 1);
        trialAt.push(number);
        rungAt.push(rung);
      }
    }
    this.values = [...counts.keys()].sort((a, b) => a - b);
    this.reached = this.values.map((rung) => counts.get(rung) as number);
    this.trials = trials;
    this.trialAt = trialAt;
    this.#levels = new Map(this.values.map((rung, level) => [rung, level]));
    this.levelAt = rungAt.map((rung) => this.of(rung));
  }

  of(rung: number): number {
    return this.#levels.get(rung) ?? Number.NaN;
  }

  /** Trials that were let train to the top level. */
  get finalists(): number[] {
    const top = this.values.length - 1;
    return this.trialAt.filter((_, item) => this.levelAt[item] === top);
  }

  axis(name: string): PlotAxis {
    const { values } = this;
    const shown = thin([...values.keys()], MOST_TICKS);
    const label = (tick: number) => rungName(values[tick] ?? Number.NaN);
    return {
      min: -0.5,
      max: values.length - 0.5,
      log: false,
      ticks: shown,
      label,
      whole: { from: 0, share: 0.7 },
      name,
    };
  }
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
