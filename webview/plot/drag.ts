/** What a drag on a chart means: a range of an axis, or a box. Pixels in, conditions out; knows no DOM. */
import type { Condition } from '../filter/condition.ts';
import { type AxisBrush, rangeCondition, rangesOf } from './brush.ts';
import type { Box } from './layers.ts';
import type { PlotArea } from './plot.ts';
import type { PlotData } from './plotData.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Pixels and data coordinates of a drawn chart. */
export interface Projection {
  readonly area: PlotArea;
  pixelX(x: number): number;
  pixelY(y: number): number;
  valueX(pixel: number): number;
  valueY(pixel: number): number;
}

export interface Keys {
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** A drag that is this flat, in pixels, is along one axis. */
const FLAT = 14;
/** Width of the brush of an upright axis. */
const AXIS_WIDTH = 18;

interface Dragged {
  readonly box: Box;
  readonly conditions: readonly Condition[];
}

/** Null where the chart has nothing to brush. With Alt a drag is along y, with Shift a box, else its shape decides. */
export function dragged(data: PlotData, plot: Projection, from: Place, to: Place, keys: Keys): Dragged | null {
  const { area } = plot;
  const clip = (at: number, low: number, high: number) => Math.min(high, Math.max(low, at));
  const [left, right] = ordered(clip(from.x, area.left, area.right), clip(to.x, area.left, area.right));
  const [top, bottom] = ordered(clip(from.y, area.top, area.bottom), clip(to.y, area.top, area.bottom));
  if (data.axisBrushes) {
    const at = nearestAxis(data.axisBrushes.length, plot, from.x);
    const brush = data.axisBrushes[at] as AxisBrush;
    const condition = rangeCondition(brush, plot.valueY(bottom), plot.valueY(top));
    return { box: axisBox(plot.pixelX(at), top, bottom), conditions: condition ? [condition] : [] };
  }
  const way = wayOf(data, area, from, to, keys);
  if (!way) return null;
  const across =
    way !== 'y' && data.x.brush ? rangeCondition(data.x.brush, plot.valueX(left), plot.valueX(right)) : null;
  const up = way !== 'x' && data.y.brush ? rangeCondition(data.y.brush, plot.valueY(bottom), plot.valueY(top)) : null;
  const box = {
    left: way === 'y' ? area.left : left,
    width: way === 'y' ? area.right - area.left : right - left,
    top: way === 'x' ? area.top : top,
    height: way === 'x' ? area.bottom - area.top : bottom - top,
  };
  return { box, conditions: [across, up].filter((condition) => condition !== null) };
}

function wayOf({ x, y }: PlotData, area: PlotArea, from: Place, to: Place, keys: Keys): 'x' | 'y' | 'box' | null {
  if (!x.brush || !y.brush) return x.brush ? 'x' : y.brush ? 'y' : null;
  if (from.y > area.bottom) return 'x';
  if (from.x < area.left || keys.altKey) return 'y';
  if (keys.shiftKey) return 'box';
  if (Math.abs(to.y - from.y) < FLAT) return 'x';
  return Math.abs(to.x - from.x) < FLAT ? 'y' : 'box';
}

function ordered(one: number, other: number): [number, number] {
  return one < other ? [one, other] : [other, one];
}

function nearestAxis(count: number, plot: Projection, x: number): number {
  let nearest = 0;
  for (let at = 1; at < count; at++) {
    if (Math.abs(plot.pixelX(at) - x) < Math.abs(plot.pixelX(nearest) - x)) nearest = at;
  }
  return nearest;
}

function axisBox(x: number, top: number, bottom: number): Box {
  return { left: x - AXIS_WIDTH / 2, width: AXIS_WIDTH, top, height: bottom - top };
}

/** Where the conditions of the filter are to be seen in a chart. */
export function brushBoxes(data: PlotData, plot: Projection, conditions: readonly (Condition | null)[]): Box[] {
  const { area } = plot;
  const found = conditions.filter((condition) => condition !== null);
  const ranges = (brush: AxisBrush | undefined, pixel: (value: number) => number) =>
    brush
      ? found.flatMap((condition) => rangesOf(brush, condition)).map(([from, to]) => ordered(pixel(from), pixel(to)))
      : [];
  if (data.axisBrushes) {
    return data.axisBrushes.flatMap((brush, at) =>
      ranges(brush, (value) => plot.pixelY(value)).map(([top, bottom]) => axisBox(plot.pixelX(at), top, bottom)),
    );
  }
  const across = ranges(data.x.brush, (value) => plot.pixelX(value));
  const up = ranges(data.y.brush, (value) => plot.pixelY(value));
  if (across.length === 0 && up.length === 0) return [];
  const whole = { x: [[area.left, area.right]] as const, y: [[area.top, area.bottom]] as const };
  return (across.length > 0 ? across : whole.x).flatMap(([from, to]) =>
    (up.length > 0 ? up : whole.y).flatMap(([top, bottom]) => {
      const [left, right] = [Math.max(area.left, from), Math.min(area.right, to)];
      const [upper, lower] = [Math.max(area.top, top), Math.min(area.bottom, bottom)];
      return right > left && lower > upper ? [{ left, width: right - left, top: upper, height: lower - upper }] : [];
    }),
  );
}

/** Places of the conditions that are about the columns of a chart's axes. */
export function brushedPlaces(data: PlotData, conditions: readonly (Condition | null)[]): number[] {
  const brushes = data.axisBrushes ?? [data.x.brush, data.y.brush].filter((brush) => brush !== undefined);
  return conditions.flatMap((condition, at) =>
    condition && brushes.some((brush) => rangesOf(brush, condition).length > 0) ? [at] : [],
  );
}
