/** A chart as SVG: points, lines and words as shapes that a paper can scale; what stands for many trials as a picture. */
import { svgElement } from '../ui/dom.ts';
import type { Theme } from '../ui/theme.ts';
import type { Plot } from './plot.ts';
import type { PlotAxis, PlotPoint } from './plotData.ts';
import { DENSE, datasetStyle, outStyle, type PlotDataset } from './plotStyles.ts';

/** How much finer the picture under the shapes is than the screen. */
const FINER = 2;

/** `title` is what a reader of the file hears. Empty where nothing is drawn. */
export function drawingOf(plot: Plot, title: string, theme: Theme): string {
  const { data, size, area } = plot;
  if (!data) return '';
  const isDense = data.sets.reduce((sum, { points }) => sum + points.length, 0) > DENSE;
  const inside = svgElement('g', { 'clip-path': 'url(#area)' });
  const layers = plot.layersPicture(FINER);
  if (layers !== '') {
    const [width, height] = [area.right - area.left, area.bottom - area.top];
    inside.append(svgElement('image', { x: area.left, y: area.top, width, height, href: layers }));
  }
  for (const { style, points, isOut } of data.sets) {
    const look = datasetStyle(style, theme, isDense);
    inside.append(shapes(isOut ? outStyle(look, theme) : look, points, plot));
  }
  const room = 8;
  const clip = svgElement('rect', {
    x: area.left - room,
    y: area.top - room,
    width: area.right - area.left + 2 * room,
    height: area.bottom - area.top + 2 * room,
  });
  const name = svgElement('title', {});
  name.textContent = title;
  const root = svgElement(
    'svg',
    { viewBox: `0 0 ${size.width} ${size.height}`, width: size.width, height: size.height },
    name,
    svgElement('clipPath', { id: 'area' }, clip),
    svgElement('rect', { width: '100%', height: '100%', fill: theme.background }),
    axisShapes('x', data.x, plot, theme),
    axisShapes('y', data.y, plot, theme),
    inside,
  );
  return `${new XMLSerializer().serializeToString(root)}\n`;
}

function axisShapes(which: 'x' | 'y', axis: PlotAxis, plot: Plot, { muted, hairline, fontFamily, fontSize }: Theme) {
  const { left, right, top, bottom } = plot.area;
  const size = Math.round(0.88 * fontSize);
  const group = svgElement('g', { fill: muted, 'font-family': fontFamily, 'font-size': size });
  const ticks = axis.ticks.map((value) => ({ value, lines: [axis.label(value)].flat(), isLane: false }));
  const lanes = (axis.lanes ?? []).map(({ at, label }) => ({ value: at, lines: [label], isLane: true }));
  let free = Number.NEGATIVE_INFINITY;
  for (const { value, lines, isLane } of [...ticks, ...lanes].sort((one, other) => one.value - other.value)) {
    if (value < axis.min || value > axis.max) continue;
    const isX = which === 'x';
    const at = isX ? plot.pixelX(value) : plot.pixelY(value);
    if (!isLane && (!isX || axis.hasGrid)) {
      const ends = isX ? { x1: at, x2: at, y1: top, y2: bottom } : { x1: left, x2: right, y1: at, y2: at };
      group.append(svgElement('line', { ...ends, stroke: hairline }));
    }
    const width = 0.6 * size * Math.max(0, ...lines.map(({ length }) => length));
    // As on the screen, words that would run into each other are left out.
    if (isX && at - width / 2 < free) continue;
    if (isX) free = at + width / 2 + 4;
    for (const [line, words] of lines.entries()) {
      const place = isX
        ? { x: at, y: bottom + 6 + size * (1 + 1.2 * line), 'text-anchor': 'middle' }
        : { x: left - 8, y: at + 0.35 * size, 'text-anchor': 'end' };
      const text = svgElement('text', place);
      text.textContent = words;
      group.append(text);
    }
  }
  return group;
}

function shapes(look: Omit<PlotDataset, 'data'>, points: readonly PlotPoint[], plot: Plot): SVGElement {
  const places = points.map(({ x, y }) => [plot.pixelX(x), plot.pixelY(y)] as const);
  if (look.showLine) {
    const isStepped = look.stepped === 'before';
    let path = '';
    let before: readonly [number, number] | null = null;
    for (const [x, y] of places) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        before = null;
        continue;
      }
      if (before && isStepped) path += `H${round(x)}`;
      path += `${before ? 'L' : 'M'}${round(x)} ${round(y)}`;
      before = [x, y];
    }
    return svgElement('path', {
      d: path,
      fill: 'none',
      stroke: String(look.borderColor),
      'stroke-width': Number(look.borderWidth),
      'stroke-dasharray': ((look.borderDash as number[] | undefined) ?? []).join(' '),
      'stroke-linejoin': 'round',
    });
  }
  const { pointStyle, pointRotation = 0, pointRadius, pointBackgroundColor, pointBorderColor, pointBorderWidth } = look;
  const group = svgElement('g', {
    fill: paint(pointBackgroundColor),
    stroke: paint(pointBorderColor),
    'stroke-width': Number(pointBorderWidth ?? 0),
  });
  for (const [x, y] of places) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    group.append(mark(String(pointStyle), x, y, Number(pointRadius), Number(pointRotation)));
  }
  return group;
}

/** The shapes of chart.js: a square's radius is that of the circle around it. */
function mark(style: string, x: number, y: number, radius: number, rotation: number): SVGElement {
  if (style === 'circle') return svgElement('circle', { cx: round(x), cy: round(y), r: radius });
  const corners: Readonly<Record<string, readonly number[]>> = {
    triangle: [-90, 30, 150],
    rect: [45, 135, 225, 315],
    rectRot: [0, 90, 180, 270],
  };
  const angles = corners[style] ?? [45, 225, 135, 315];
  const at = angles.map((degrees) => {
    const angle = ((degrees + rotation) * Math.PI) / 180;
    return `${round(x + radius * Math.cos(angle))} ${round(y + radius * Math.sin(angle))}`;
  });
  const isCross = corners[style] === undefined;
  return svgElement('path', { d: isCross ? `M${at[0]}L${at[1]}M${at[2]}L${at[3]}` : `M${at.join('L')}Z` });
}

function paint(color: unknown): string {
  return typeof color === 'string' && color !== 'transparent' ? color : 'none';
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
