/** The transparent canvas over a chart: best, selected and hovered trial. Moving a mark never redraws the chart below. */

import { type Theme, withAlpha } from '../ui/theme.ts';
import type { Box } from './layers.ts';
import type { Plot } from './plot.ts';
import { hasLayer } from './plotData.ts';

export interface PlotMarks {
  readonly best: number | null;
  readonly selected: number | null;
  readonly hovered: number | null;
  /** Outline of the cell or step under the pointer that stands for many trials. */
  readonly box: Box | null;
  /** What the filter leaves along this chart's axes, and what a drag would. */
  readonly brushes: readonly Box[];
  /** Whether the selected trial was pruned: its curve keeps the colour of pruned ones. */
  readonly isSelectedPruned: boolean;
}

export function drawOverlay(canvas: HTMLCanvasElement, plot: Plot, marks: PlotMarks, theme: Theme): void {
  const context = fitCanvas(canvas);
  const data = plot.data;
  if (!context || !data) return;
  const { best, selected, hovered } = marks;
  const draw = data.isCurves ? drawCurve : drawPoint;
  const own = marks.isSelectedPruned ? theme.pruned : theme.accent;
  const selectedColor = data.isCurves && selected === best ? theme.foreground : own;
  const isOverDensity = hasLayer(data);
  const halo = isOverDensity ? theme.background : null;
  for (const brush of marks.brushes) drawBrush(context, brush, theme);
  context.save();
  clipTo(context, plot);
  if (best !== null) {
    draw(context, plot, best, { color: data.isCurves ? theme.foreground : theme.accent, ring: null, halo });
  }
  if (marks.box) drawBox(context, marks.box, theme);
  if (hovered !== null) draw(context, plot, hovered, { color: null, ring: theme.muted, halo });
  if (selected !== null) draw(context, plot, selected, { color: selectedColor, ring: theme.foreground, halo });
  context.restore();
}

/** A zoomed chart has no place for marks beside it; a ring at the edge is whole. */
function clipTo(context: CanvasRenderingContext2D, { area }: Plot): void {
  const room = 9;
  context.beginPath();
  context.rect(area.left - room, area.top - room, area.right - area.left + 2 * room, area.bottom - area.top + 2 * room);
  context.clip();
}

function drawBrush(context: CanvasRenderingContext2D, { left, top, width, height }: Box, theme: Theme): void {
  context.fillStyle = withAlpha(theme.accent, theme.isHighContrast ? 0.12 : 0.16);
  context.fillRect(left, top, width, height);
  context.strokeStyle = theme.accent;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, Math.max(0, width - 1), Math.max(0, height - 1));
}

function drawBox(context: CanvasRenderingContext2D, { left, top, width, height }: Box, theme: Theme): void {
  context.strokeStyle = theme.foreground;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

interface Look {
  /** Fill of the point; null leaves it as it is. */
  readonly color: string | null;
  readonly ring: string | null;
  /** What lies around it, so that it is seen on a density. */
  readonly halo: string | null;
}

function drawPoint(context: CanvasRenderingContext2D, plot: Plot, number: number, look: Look): void {
  const [place] = plot.data?.locate(number) ?? [];
  if (!place) return;
  const x = plot.pixelX(place.x);
  const y = plot.pixelY(place.y);
  if (look.halo) {
    context.fillStyle = look.halo;
    circle(context, x, y, look.ring ? 9 : 6);
    context.fill();
  }
  if (look.color && (!look.ring || look.halo)) {
    context.fillStyle = look.color;
    circle(context, x, y, 4.5);
    context.fill();
  }
  if (look.ring) {
    context.strokeStyle = look.ring;
    context.lineWidth = 2;
    circle(context, x, y, 7);
    context.stroke();
  }
}

function drawCurve(context: CanvasRenderingContext2D, plot: Plot, number: number, look: Look): void {
  const points = plot.data?.locate(number) ?? [];
  const width = look.color ? 2.4 : 1.6;
  context.lineJoin = 'round';
  context.beginPath();
  for (const { x, y } of points) if (!Number.isNaN(y)) context.lineTo(plot.pixelX(x), plot.pixelY(y));
  if (look.halo) {
    context.strokeStyle = look.halo;
    context.lineWidth = width + 3;
    context.stroke();
  }
  context.strokeStyle = look.color ?? look.ring ?? 'transparent';
  context.lineWidth = width;
  context.stroke();
  const last = points.findLast(({ y }) => !Number.isNaN(y));
  if (!look.ring || !last) return;
  context.fillStyle = context.strokeStyle;
  circle(context, plot.pixelX(last.x), plot.pixelY(last.y), 3.5);
  context.fill();
}

function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** Matches the canvas to its place on the screen and clears it. */
function fitCanvas(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  return context;
}
