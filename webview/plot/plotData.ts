import type { CurveBands } from '../charts/curveBands.ts';
import type { Selection } from '../filter/crossfilter.ts';
import type { Colouring } from '../model/colouring.ts';
import type { TooltipText } from '../ui/tooltip.ts';
import type { AxisBrush } from './brush.ts';
import type { Cloud } from './density.ts';
import type { ColourScale } from './figureHeading.ts';
import type { LineCloud } from './lineDensity.ts';
import type { AxisRange } from './scales.ts';

/** A place in a chart that stands for trial `n`. NaN in `y` breaks a line. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly n: number;
}

/** How a set is drawn; the colours and shapes are in plotStyles.ts. */
export type PlotStyle =
  | 'complete'
  | 'infeasible'
  | 'pruned'
  | 'failed'
  | 'running'
  | 'above'
  | 'below'
  | 'paused'
  | 'front'
  | 'dominated'
  | 'passed'
  | 'bestSoFar'
  | 'frontLine'
  | 'stem'
  | 'span'
  | 'takeover'
  | 'curve'
  | 'curvePruned'
  | 'curveRaw'
  | 'curveRunning'
  | 'effect'
  | 'expected'
  | 'interval'
  | 'colour0'
  | 'colour1'
  | 'colour2'
  | 'colour3'
  | 'colour4'
  | 'rank0'
  | 'rank1'
  | 'rank2'
  | 'rank3'
  | 'otherLine'
  | 'lineFailed'
  | StudyStyle;

/** Lines that a chart can tell apart: of more it draws the best ones. */
export const MOST_STUDY_LINES = 12;
export type StudyStyle = `study${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11}`;

/** Lines that only lead the eye: nothing on them can be pointed at. */
export const GUIDES: ReadonlySet<PlotStyle> = new Set<PlotStyle>([
  'bestSoFar',
  'frontLine',
  'stem',
  'curveRaw',
  'takeover',
  'effect',
  'expected',
  'interval',
]);

export interface PlotAxis extends AxisRange {
  readonly ticks: readonly number[];
  /** A list is written in lines. */
  readonly label: (tick: number) => string | string[];
  /** Draws a line at every tick of the horizontal axis as well. */
  readonly hasGrid?: true;
  /** Only whole numbers stand on the axis, usually from this one on; the share of its place that a number's cell takes. */
  readonly whole?: { readonly from: number; readonly share: number };
  /** What is measured along the axis. */
  readonly name: string;
  /** What a drag along the axis filters. */
  readonly brush?: AxisBrush;
  /** Stretches beside the values, in which trials without a value or with one beyond the scale stand. */
  readonly lanes?: readonly Lane[];
}

export interface Lane {
  readonly from: number;
  readonly to: number;
  /** Where trials stand in it. */
  readonly at: number;
  readonly label: string;
}

export interface PlotSet {
  readonly style: PlotStyle;
  readonly points: readonly PlotPoint[];
  /** Outside of the filter: grey. */
  readonly isOut?: boolean;
}

/** A stretch around a line, such as the middle 80 % of what a model expects. NaN in `low` breaks it. */
export interface Band {
  /** The line that it is around; grey where it is left out. */
  readonly style?: PlotStyle;
  readonly x: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Shades under the points, in equal cells over the whole axes: row by row, the bottom row first. */
export interface Field {
  readonly columns: number;
  readonly rows: number;
  readonly area: { readonly x: AxisRange; readonly y: AxisRange };
  /** From 0, the worst, to 1, the best; NaN where nothing is known. */
  readonly shades: Float64Array;
  /** What the ends of the shades stand for, and the sentence that says what is shaded. */
  readonly worst: string;
  readonly best: string;
  readonly title: string;
}

/** Everything one chart shows, in data coordinates. */
export interface PlotData {
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly sets: readonly PlotSet[];
  /** What the colours of its points stand for. */
  readonly colours?: ColourScale | undefined;
  /** Hovering meets lines between neighbouring points of one trial, not only the points. */
  readonly isCurves: boolean;
  /** All trials, where they are too many to be points; the sets then hold only those that matter. */
  readonly density?: Cloud | undefined;
  /** All trials in grey, under those that a filter leaves. */
  readonly context?: Cloud | undefined;
  /** The same of lines. */
  readonly lines?: LineCloud | undefined;
  /** The same of learning curves. */
  readonly bands?: CurveBands | undefined;
  readonly areas?: readonly Band[] | undefined;
  readonly field?: Field | undefined;
  /** The bands are of all curves, in grey, under those that a filter leaves. */
  readonly bandsAreContext?: boolean | undefined;
  /** What a drag along the upright axis at x = 0, 1, 2 … filters. */
  readonly axisBrushes?: readonly AxisBrush[] | undefined;
  /** Where a trial is drawn, as a point of its own or within the density; empty when it has no place in this chart. */
  readonly locate: (number: number) => readonly PlotPoint[];
  /** Where `n` of a point is no trial but a line: what the tooltip says of it. Nothing can be selected then. */
  readonly describe?: ((line: number) => TooltipText) | undefined;
  /** Trials that the arrow keys go through, ascending. */
  readonly trials: readonly number[];
}

/** Sets in two: what the filter leaves out goes to the bottom. Guides and lines of studies stay whole. */
export function divided(
  { sets, describe }: Pick<PlotData, 'sets' | 'describe'>,
  { isOn, has }: Selection,
): readonly PlotSet[] {
  if (!isOn || describe) return sets;
  const out: PlotSet[] = [];
  const inside: PlotSet[] = [];
  for (const { style, points } of sets) {
    if (GUIDES.has(style)) {
      inside.push({ style, points });
      continue;
    }
    const [left, rest] = [points.filter(({ n }) => has(n)), points.filter(({ n }) => !has(n))];
    if (rest.length > 0) out.push({ style, points: rest, isOut: true });
    if (left.length > 0) inside.push({ style, points: left });
  }
  return [...out, ...inside];
}

/** The same chart with other parts. Its trials are still gathered only when they are asked for. */
export function withParts(data: PlotData, parts: Partial<PlotData>): PlotData {
  return Object.create(data, Object.getOwnPropertyDescriptors(parts)) as PlotData;
}

/** Whether something lies under the points, from which marks have to stand out. */
export function hasLayer({ density, context, lines, bands, field }: PlotData): boolean {
  return [density, context, lines, bands, field].some((layer) => layer !== undefined);
}

/** What a builder returns: a picture with its sentences, or the one sentence that stands instead of it. */
export type PlotContent =
  | { readonly empty: string }
  | {
      readonly empty: null;
      readonly data: PlotData;
      readonly note: string;
      readonly label: string;
      /** Pixels of height with which the picture has all the room that it needs; left out: the more the better. */
      readonly height?: number;
    };

/** What the charts depend on beside the trials. */
export interface PlotOptions {
  readonly objective: number;
  readonly objectiveName: string;
  readonly log: boolean;
  /** The history is drawn by time instead of by trial. */
  readonly byTime: boolean;
  /** What complete trials are coloured by; null: all alike. */
  readonly colouring: Colouring | null;
  /** How much of a curve is the mean of the steps before: 0, as it is, to below 1. */
  readonly smoothing: number;
  readonly best: number | null;
  readonly selected: number | null;
  /** Trials that the chart may draw as points, POINT_BUDGET at most: of more it shows the density. */
  readonly budget: number;
  /** Trials to reach, null when unknown or when none is to come: the history's axis has place for them. */
  readonly total: number | null;
  /** Trials that the filter leaves. */
  readonly selection: Selection;
  /** The name by which the filter knows a column: `values.loss`, `params.lr`. */
  readonly filterName: (longName: string) => string;
}

/** Points that a chart draws at most, however wide it is; beside those that matter. */
export const POINT_BUDGET = 5000;
