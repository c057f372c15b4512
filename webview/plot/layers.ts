/** What lies under the points of a chart: the density of many trials or lines, or the bands of many curves. */
import type { CurveBands } from '../charts/curveBands.ts';
import { formatCount } from '../ui/format.ts';
import { channelsOf, type Theme, withAlpha } from '../ui/theme.ts';
import type { BinAxis } from './binAxis.ts';
import { byLogarithm, byRoot, DensityGrid, densityPalette, densityPixels, fadingPalette } from './density.ts';
import { LineDensity } from './lineDensity.ts';
import type { Band, Field, PlotData } from './plotData.ts';
import { datasetStyle } from './plotStyles.ts';

/** A rectangle on the canvas, in CSS pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function isSameBox(one: Box | null, other: Box | null): boolean {
  return one === other || (one?.left === other?.left && one?.top === other?.top && one?.height === other?.height);
}

export interface Frame {
  readonly area: Box;
  readonly pixelX: (x: number) => number;
  readonly pixelY: (y: number) => number;
}

/** What is under the pointer, with its outline. */
export type LayerHit =
  | {
      readonly kind: 'cell';
      readonly box: Box;
      readonly column: number;
      readonly row: number;
      readonly items: number[];
    }
  | { readonly kind: 'lines'; readonly box: Box; readonly count: number; readonly best: number }
  | { readonly kind: 'bands'; readonly box: Box; readonly at: number };

/** Opacity of the bands, the widest first. */
const BAND_ALPHA = [0.16, 0.3] as const;

export class Layers {
  readonly #inside = new DensityGrid();
  readonly #all = new DensityGrid();
  readonly #lines = new LineDensity();
  readonly #pictures = [new Picture(), new Picture(), new Picture()] as const;
  #data: PlotData | null = null;
  #frame: Frame | null = null;

  /** What can be pointed at: the trials that a filter leaves where they are a density, else all. */
  get grid(): DensityGrid {
    return this.#data?.density ? this.#inside : this.#all;
  }

  /** The largest count of a cell, one a layer; none where nothing is drawn by its count. */
  get most(): readonly number[] {
    if (this.#data?.density) return [this.#inside.most];
    return this.#data?.lines ? this.#lines.most : [];
  }

  paint(context: CanvasRenderingContext2D, data: PlotData, frame: Frame, theme: Theme): void {
    this.#data = data;
    this.#frame = frame;
    const { left, top, width, height } = frame.area;
    if (!(width > 0 && height > 0)) return;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.imageSmoothingEnabled = false;
    if (data.field) drawField(context, data.field, frame, this.#pictures[2], theme);
    for (const band of data.areas ?? []) drawBand(context, band, frame, theme);
    if (data.context) {
      this.#all.update(data.context, data, width, height);
      const { counts, columns, most } = this.#all;
      const palette = fadingPalette(channelsOf(theme.muted), theme.isHighContrast ? 0.25 : 0.1);
      for (let level = 3; level < palette.length; level += 4) palette[level] = 0.5 * (palette[level] as number);
      drawCells(context, this.#pictures[2].of(counts, columns, palette, most, byLogarithm), this.#all, frame.area);
    }
    if (data.density) {
      this.#inside.update(data.density, data, width, height);
      const { counts, columns, most } = this.#inside;
      const [accent, foreground] = [channelsOf(theme.accent), channelsOf(theme.foreground)];
      const palette = densityPalette(accent, foreground, theme.isHighContrast ? 0.4 : 0.18);
      const picture = this.#pictures[0].of(counts, columns, palette, most, byLogarithm);
      drawCells(context, picture, this.#inside, frame.area);
    }
    if (data.lines) {
      const { lines } = data;
      this.#lines.update(lines, data, width, height);
      const { counts, columns, most } = this.#lines;
      context.imageSmoothingEnabled = true;
      for (const layer of [0, 1] as const) {
        const color = channelsOf(layer === 0 ? theme.muted : theme.accent);
        const palette = fadingPalette(color, theme.isHighContrast ? 0.2 : 0.06);
        const picture = this.#pictures[layer].of(counts[layer], columns, palette, most[layer], byRoot);
        context.drawImage(picture, left, top, width, height);
      }
    }
    if (data.bands)
      drawBands(context, data.bands, frame, data.bandsAreContext ? { ...theme, accent: theme.muted } : theme);
    context.restore();
  }

  at(x: number, y: number): LayerHit | null {
    const { area } = this.#frame ?? {};
    if (!area || !this.#data) return null;
    const [across, up] = [(x - area.left) / area.width, 1 - (y - area.top) / area.height];
    if (!(across >= 0 && across <= 1 && up >= 0 && up <= 1)) return null;
    if (this.#data.density || this.#data.context) return this.#cellAt(across, up, area);
    if (this.#data.lines) return this.#linesAt(across, up, area);
    return this.#data.bands ? this.#bandsAt(x, this.#data.bands) : null;
  }

  #cellAt(across: number, up: number, area: Box): LayerHit | null {
    const { x, y, counts } = this.grid;
    const [column, row] = [binUnder(x, across), binUnder(y, up)];
    if (column < 0 || row < 0) return null;
    const cell = row * x.count + column;
    if (!counts[cell]) return null;
    const [[left, right], [bottom, top]] = [x.place(column), y.place(row)];
    return { kind: 'cell', box: boxOf(area, left, right, bottom, top), column, row, items: this.grid.itemsIn(cell) };
  }

  #linesAt(across: number, up: number, area: Box): LayerHit | null {
    const { columns, rows, counts } = this.#lines;
    const [column, row] = [
      Math.min(columns - 1, Math.floor(across * columns)),
      Math.min(rows - 1, Math.floor(up * rows)),
    ];
    const [others, best] = counts.map((layer) => layer[row * columns + column] ?? 0) as [number, number];
    if (others + best === 0) return null;
    const box = boxOf(area, column / columns, (column + 1) / columns, row / rows, (row + 1) / rows);
    return { kind: 'lines', box, count: others + best, best };
  }

  #bandsAt(x: number, { steps, reached }: CurveBands): LayerHit | null {
    const { area, pixelX } = this.#frame as Frame;
    let found = -1;
    const distance = (at: number) => Math.abs(pixelX(steps[at] as number) - x);
    for (let at = 0; at < steps.length; at++) {
      if ((reached[at] as number) > 0 && (found < 0 || distance(at) < distance(found))) found = at;
    }
    if (found < 0) return null;
    const left = pixelX(steps[found] as number);
    return { kind: 'bands', box: { left, top: area.top, width: 0, height: area.height }, at: found };
  }
}

/** Shades between grey for the worst and the accent colour for the best; nothing where nothing is known. */
function drawField(
  context: CanvasRenderingContext2D,
  { columns, rows, shades, area: { x, y } }: Field,
  { pixelX, pixelY }: Frame,
  picture: Picture,
  theme: Theme,
): void {
  const [worst, best] = [channelsOf(theme.muted), channelsOf(theme.accent)];
  const [faint, strong] = theme.isHighContrast ? [0.1, 0.85] : [0.1, 0.62];
  const pixels = new Uint8ClampedArray(4 * columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const shade = shades[row * columns + column] as number;
      if (Number.isNaN(shade)) continue;
      const at = 4 * ((rows - 1 - row) * columns + column);
      for (let channel = 0; channel < 3; channel++) {
        pixels[at + channel] = (1 - shade) * (worst[channel] as number) + shade * (best[channel] as number);
      }
      pixels[at + 3] = 255 * (faint + (strong - faint) * shade);
    }
  }
  const [left, right, bottom, top] = [pixelX(x.min), pixelX(x.max), pixelY(y.min), pixelY(y.max)];
  context.drawImage(picture.put(pixels, columns, rows), left, top, right - left, bottom - top);
}

function drawBand(context: CanvasRenderingContext2D, band: Band, { pixelX, pixelY }: Frame, theme: Theme): void {
  const color = band.style ? String(datasetStyle(band.style, theme, false).borderColor) : theme.muted;
  context.fillStyle = withAlpha(color, theme.isHighContrast ? 0.35 : 0.2);
  for (const [from, to] of stretchesWhere(band.x.length, (at) => !Number.isNaN(band.low[at] as number))) {
    context.beginPath();
    for (let at = from; at < to; at++) context.lineTo(pixelX(band.x[at] as number), pixelY(band.low[at] as number));
    for (let at = to - 1; at >= from; at--)
      context.lineTo(pixelX(band.x[at] as number), pixelY(band.high[at] as number));
    context.fill();
  }
}

/** The bin at a share of the axis; −1 in a gap. */
function binUnder(axis: BinAxis, share: number): number {
  for (let bin = 0; bin < axis.count; bin++) {
    const [from, to] = axis.place(bin);
    if (share >= from && share < to) return bin;
  }
  return -1;
}

function boxOf({ left, top, width, height }: Box, from: number, to: number, bottom: number, upper: number): Box {
  return {
    left: left + from * width,
    top: top + (1 - upper) * height,
    width: (to - from) * width,
    height: (upper - bottom) * height,
  };
}

/** A picture of counts with one pixel a cell. */
class Picture {
  readonly #canvas = document.createElement('canvas');

  of(...[counts, columns, palette, most, scale]: Parameters<typeof densityPixels>): HTMLCanvasElement {
    const rows = counts.length / columns;
    return this.put(densityPixels(counts, columns, palette, most, scale), columns, rows);
  }

  /** Four channels a pixel, the top row first. */
  put(pixels: Uint8ClampedArray<ArrayBuffer>, columns: number, rows: number): HTMLCanvasElement {
    if (this.#canvas.width !== columns) this.#canvas.width = columns;
    if (this.#canvas.height !== rows) this.#canvas.height = rows;
    this.#canvas.getContext('2d')?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
    return this.#canvas;
  }
}

/** Bins that touch are drawn at once, those that stand apart one by one. */
function drawCells(context: CanvasRenderingContext2D, picture: HTMLCanvasElement, grid: DensityGrid, area: Box): void {
  for (const [column, columns] of runs(grid.x)) {
    for (const [row, rows] of runs(grid.y)) {
      const [[left], [, right]] = [grid.x.place(column), grid.x.place(column + columns - 1)];
      const [[bottom], [, top]] = [grid.y.place(row), grid.y.place(row + rows - 1)];
      const to = boxOf(area, left, right, bottom, top);
      const from = grid.rows - row - rows;
      context.drawImage(picture, column, from, columns, rows, to.left, to.top, to.width, to.height);
    }
  }
}

/** Where bins that touch begin, and how many they are. */
function runs({ count, hasGaps }: BinAxis): (readonly [first: number, length: number])[] {
  return hasGaps ? Array.from({ length: count }, (_, bin) => [bin, 1] as const) : [[0, count]];
}

/** The middle 90 and 50 % as areas, the median as a line; at the bottom how many curves there are at a step. */
function drawBands(context: CanvasRenderingContext2D, bands: CurveBands, frame: Frame, theme: Theme): void {
  const { steps, reached, quantiles, least, curves } = bands;
  const { area, pixelX, pixelY } = frame;
  const x = (at: number) => pixelX(steps[at] as number);
  const y = (quantile: number, at: number) => pixelY((quantiles[quantile] as Float64Array)[at] as number);
  for (const [from, to] of stretches(reached, least)) {
    const places = Array.from({ length: to - from }, (_, index) => from + index);
    for (const [band, alpha] of BAND_ALPHA.entries()) {
      context.fillStyle = withAlpha(theme.accent, theme.isHighContrast ? 1.4 * alpha : alpha);
      context.beginPath();
      for (const at of places) context.lineTo(x(at), y(band, at));
      for (const at of places.toReversed()) context.lineTo(x(at), y(quantiles.length - 1 - band, at));
      context.fill();
    }
    context.strokeStyle = theme.accent;
    context.lineWidth = 1.8;
    context.lineJoin = 'round';
    context.beginPath();
    for (const at of places) context.lineTo(x(at), y((quantiles.length - 1) / 2, at));
    context.stroke();
  }
  drawReached(context, steps.length, x, (at) => (reached[at] as number) / curves, area, theme);
  drawEnds(context, bands, x, area, theme);
}

/** How many curves there are at the first and at the last step, over the strip that shows the steps between. */
function drawEnds(
  context: CanvasRenderingContext2D,
  { reached }: CurveBands,
  x: (at: number) => number,
  { top, height }: Box,
  theme: Theme,
): void {
  const last = reached.findLastIndex((count) => count > 0);
  context.fillStyle = theme.muted;
  context.font = `${Math.round(0.8 * theme.fontSize)}px ${theme.fontFamily}`;
  context.textBaseline = 'bottom';
  const bottom = top + height - STRIP_HEIGHT - 1;
  context.textAlign = 'left';
  context.fillText(`n = ${formatCount(reached[0] as number)}`, x(0), bottom);
  if (last <= 0) return;
  context.textAlign = 'right';
  context.fillText(`n = ${formatCount(reached[last] as number)}`, x(last), bottom);
}

const STRIP_HEIGHT = 14;

function drawReached(
  context: CanvasRenderingContext2D,
  length: number,
  x: (at: number) => number,
  share: (at: number) => number,
  { top, height }: Box,
  theme: Theme,
): void {
  const bottom = top + height;
  context.fillStyle = withAlpha(theme.muted, theme.isHighContrast ? 0.7 : 0.4);
  context.beginPath();
  context.moveTo(x(0), bottom);
  for (let at = 0; at < length; at++) context.lineTo(x(at), bottom - STRIP_HEIGHT * share(at));
  context.lineTo(x(length - 1), bottom);
  context.fill();
}

/** Steps next to each other at which enough curves are, as [first, after the last). */
function stretches(reached: Uint32Array, least: number): (readonly [from: number, to: number])[] {
  return stretchesWhere(reached.length, (at) => (reached[at] as number) >= least);
}

function stretchesWhere(length: number, has: (at: number) => boolean): (readonly [from: number, to: number])[] {
  const found: (readonly [number, number])[] = [];
  let from = -1;
  for (let at = 0; at <= length; at++) {
    const isEnough = at < length && has(at);
    if (isEnough && from < 0) from = at;
    if (isEnough || from < 0) continue;
    found.push([from, at]);
    from = -1;
  }
  return found;
}
