/** The range of its axes that a chart shows after a person zoomed. Arithmetic only. */
import { formatSignificant } from '../ui/format.ts';
import { type PlotAxis, type PlotData, withParts } from './plotData.ts';
import { ticks } from './scales.ts';

/** From where to where, as shares of the whole axis: 0 … 1 is all of it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Zoom {
  readonly x: Stretch;
  readonly y: Stretch;
}

export const WHOLE: Zoom = { x: { from: 0, to: 1 }, y: { from: 0, to: 1 } };
/** The shortest range: a double has digits for it. */
const SHORTEST = 1e-5;

/** `at`: the share of the shown range that stays where it is; `factor` below 1 comes nearer. */
export function zoomed({ from, to }: Stretch, at: number, factor: number): Stretch {
  const length = Math.min(1, Math.max(SHORTEST, (to - from) * factor));
  return within(from + at * (to - from) - at * length, length);
}

/** Moved by a share of the shown range. */
export function moved({ from, to }: Stretch, by: number): Stretch {
  return within(from + by * (to - from), to - from);
}

function within(from: number, length: number): Stretch {
  const start = Math.min(1 - length, Math.max(0, from));
  return { from: start, to: start + length };
}

export function isZoomed({ x, y }: Zoom): boolean {
  return x.to - x.from < 1 || y.to - y.from < 1;
}

export function zoomedData(data: PlotData, zoom: Zoom): PlotData {
  if (!isZoomed(zoom)) return data;
  return withParts(data, { x: zoomedAxis(data.x, zoom.x, 7), y: zoomedAxis(data.y, zoom.y, 5) });
}

function zoomedAxis(axis: PlotAxis, { from, to }: Stretch, count: number): PlotAxis {
  if (to - from >= 1) return axis;
  const { min, max, log } = axis;
  const at = (share: number) => (log ? min * (max / min) ** share : min + (max - min) * share);
  const range = { min: at(from), max: at(to), log };
  const isInside = (tick: number) => tick >= range.min && tick <= range.max;
  const lanes = axis.lanes?.filter(({ at }) => isInside(at));
  const named = { ...axis, ...range, ...(lanes ? { lanes } : {}) };
  if (axis.whole?.from === 0 || axis.brush?.choices) return { ...named, ticks: axis.ticks.filter(isInside) };
  const found = ticks(range, count);
  return { ...named, ticks: found, label: (tick) => formatSignificant(tick, 6) };
}
