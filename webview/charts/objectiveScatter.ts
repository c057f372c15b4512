/** What the charts of trials against the objective share: which trials have a place, where, and in which shape. */
import { TrialState } from '../../src/core/study/states.ts';
import { BY_NUMBER, type Colouring } from '../model/colouring.ts';
import type { TrialModel } from '../model/model.ts';
import type { Cloud } from '../plot/density.ts';
import type { ColourScale } from '../plot/figureHeading.ts';
import type { PlotAxis, PlotData, PlotOptions, PlotPoint, PlotStyle } from '../plot/plotData.ts';
import type { AxisRange } from '../plot/scales.ts';
import { formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import {
  clippedNote,
  joined,
  laneAxis,
  noValueSentence,
  objectiveRange,
  shownValues,
  statesSentence,
  Unvalued,
} from './objectiveAxis.ts';

/** Drawing order: later ones lie on top. */
const COLOURED = ['colour0', 'colour1', 'colour2', 'colour3', 'colour4'] as const;
const ORDER = [
  'infeasible',
  'complete',
  ...COLOURED,
  'pruned',
  'failed',
  'paused',
  'running',
  'above',
  'below',
] as const;
/** Running trials that are marked in a density: far more than any machine runs at once. */
const MOST_RUNNING = 500;

export interface ScatterDefinition {
  /** What `x` depends on beside the trials. */
  readonly key: string;
  readonly x: (number: number) => number;
  /** Whether a trial that has begun has a place. */
  readonly has: (number: number) => boolean;
  readonly axis: () => PlotAxis;
  /** The sentence of a chart in which no trial with a value has a place. */
  readonly empty: string;
  /** Lines under the trials, in the range of the objective. */
  readonly guides?: (range: AxisRange) => PlotData['sets'];
}

export interface Scatter {
  readonly empty: null;
  readonly data: PlotData;
  /** Trials that have a place. */
  readonly count: number;
  /** What is to be said of the picture: density, values beyond the scale, trials without a value. */
  readonly note: string;
}

/** Trials against the objective: as points within the budget, else as density with those on top that matter. */
export function objectiveScatter(
  model: TrialModel,
  definition: ScatterDefinition,
  options: PlotOptions,
  t: Translate,
): Scatter | { readonly empty: string } {
  const values = shownValues(model, options.objective);
  const range = objectiveRange(model, values, options);
  if (!range) return { empty: noValueSentence(model, values, t) };
  const { x, has } = definition;
  const isShown = (number: number) => number < model.length && model.hasBegun(number) && has(number);
  const unvalued = new Unvalued();
  const edge = { clipped: 0, infinite: 0 };
  let [valued, unvaluedCount] = [0, 0];
  let [isBelow, isAbove] = [false, false];
  for (let number = 0; number < model.length; number++) {
    if (!model.hasBegun(number) || !has(number)) continue;
    const value = values[number] as number;
    if (Number.isNaN(value)) {
      unvaluedCount++;
      unvalued.add(model, number);
      continue;
    }
    valued++;
    if (value >= range.min && value <= range.max) continue;
    edge.clipped++;
    if (value < range.min) isBelow = true;
    else isAbove = true;
    if (!Number.isFinite(value)) edge.infinite++;
  }
  if (valued === 0) return { empty: definition.empty };
  const hasLane = unvaluedCount > 0;
  const count = valued + unvaluedCount;
  const isDense = count > options.budget;
  const trials = trialsWhere(model, isShown);
  // As points, those beyond the scale have a shape of their own at its edge; a density would show a ridge there.
  const { axis, place } = laneAxis(options.objectiveName, range, {
    below: isDense && isBelow,
    above: isDense && isAbove,
    unvalued: hasLane ? (isDense ? t('noValueLane') : '') : null,
  });
  const y = (number: number) => place(values[number] as number);
  const at = (number: number): PlotPoint => ({ x: x(number), y: y(number), n: number });
  const guides = definition.guides?.(range) ?? [];
  const { selection } = options;
  const isFewInside = selection.isOn && selection.count <= options.budget;
  const inside =
    isDense && isFewInside ? trialsWhere(model, (number) => isShown(number) && selection.has(number))() : [];
  const marked = isDense ? new Set([...inside, ...marksOf(model, options, guides).filter(isShown)]) : trials();
  const title = isDense ? t('densityOf', { count: formatCount(count) }) : '';
  const { colouring } = options;
  const styleOf = (number: number) => {
    const style = trialStyle(model, number, values[number] as number, range);
    const colour = style === 'complete' ? (colouring?.colourOf(number) ?? null) : null;
    return colour === null ? style : (COLOURED[colour] as PlotStyle);
  };
  const cloud: Cloud = {
    key: `${definition.key} ${options.objective} ${range.min} ${range.max} ${isBelow} ${isAbove}`,
    size: model.length,
    x: (number) => (isShown(number) ? x(number) : Number.NaN),
    y,
    trial: Number,
    version: model.version,
    changedSince: (version) => model.changedSince(version),
    title,
    describe: (trials) => statesSentence(model, trials, t),
  };
  const name = options.filterName(`values.${options.objectiveName}`);
  return {
    empty: null,
    data: {
      x: definition.axis(),
      y: { ...axis, brush: { name, choices: null, isWhole: false, range } },
      sets: [...guides, ...setsOf(marked, styleOf, at)],
      ...(isDense ? cloudsOf(cloud, options) : {}),
      ...(colouring && !isDense ? { colours: scaleOf(colouring, t) } : {}),
      isCurves: false,
      locate: (number) => (isShown(number) ? [at(number)] : []),
      get trials() {
        return trials();
      },
    },
    count,
    note: joined([
      title,
      clippedNote(edge, t),
      isDense && hasLane ? t('laneNote', { trials: unvalued.sentence(t) }) : '',
    ]),
  };
}

function scaleOf({ name, least, most }: Colouring, t: Translate): ColourScale {
  return {
    kind: 'colours',
    least,
    most,
    title: t('colouredBy', { name: name === BY_NUMBER ? t('columnTrial') : name }),
  };
}

/** A density of all trials; under a filter in grey, and over it the trials that are left, where they are too many to be points. */
export function cloudsOf(cloud: Cloud, { selection, budget }: PlotOptions): Pick<PlotData, 'density' | 'context'> {
  if (!selection.isOn) return { density: cloud };
  if (selection.count <= budget) return { context: cloud };
  const x = (item: number) => (selection.has(cloud.trial(item)) ? cloud.x(item) : Number.NaN);
  return { density: { ...cloud, key: `${cloud.key} ${selection.version}`, x }, context: cloud };
}

/** The numbers of some trials, ascending, gathered when they are first asked for: most drawings need their count alone. */
export function trialsWhere(model: TrialModel, isShown: (number: number) => boolean): () => readonly number[] {
  let found: number[] | undefined;
  return () => {
    if (!found) {
      found = [];
      for (let number = 0; number < model.length; number++) if (isShown(number)) found.push(number);
    }
    return found;
  };
}

/** Trials that stay points in a density: best, selected, running, and the steps of lines. */
function marksOf(model: TrialModel, options: PlotOptions, guides: PlotData['sets']): number[] {
  const marked = notableTrials(model, options);
  for (const { points } of guides) for (const { n } of points) marked.add(n);
  return [...marked];
}

/** Best, selected and the newest running trials: they are drawn whatever else is left out. */
export function notableTrials(model: TrialModel, { best, selected }: PlotOptions): Set<number> {
  const notable = new Set<number>();
  if (best !== null) notable.add(best);
  if (selected !== null) notable.add(selected);
  const { states } = model;
  let running = 0;
  for (let number = states.length - 1; number >= 0 && running < MOST_RUNNING; number--) {
    if (states[number] !== TrialState.running || model.isInterrupted(number)) continue;
    running++;
    notable.add(number);
  }
  return notable;
}

/** One set of points a style, in the order of `order`, each from left to right. */
export function setsOf(
  numbers: Iterable<number>,
  styleOf: (number: number) => PlotStyle,
  at: (number: number) => PlotPoint,
  order: readonly PlotStyle[] = ORDER,
): PlotData['sets'] {
  const groups = new Map<PlotStyle, PlotPoint[]>(order.map((style) => [style, []]));
  for (const number of numbers) groups.get(styleOf(number))?.push(at(number));
  for (const points of groups.values()) points.sort((one, other) => one.x - other.x);
  return [...groups].filter(([, points]) => points.length > 0).map(([style, points]) => ({ style, points }));
}

function trialStyle(model: TrialModel, number: number, value: number, range: AxisRange): PlotStyle {
  const state = model.state(number);
  if (state === TrialState.running) return model.isInterrupted(number) ? 'failed' : 'running';
  if (model.isPaused(number)) return 'paused';
  if (value > range.max) return 'above';
  if (value < range.min) return 'below';
  if (state === TrialState.pruned) return 'pruned';
  if (state === TrialState.fail || Number.isNaN(value)) return 'failed';
  return model.isFeasible(number) ? 'complete' : 'infeasible';
}
