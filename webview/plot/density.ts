/** How many trials lie in each cell of a chart: what is drawn where points would cover each other. */
import { ensureLength } from '../../src/core/study/columns/growable.ts';
import { type BinAxis, binAxis } from './binAxis.ts';
import type { PlotAxis } from './plotData.ts';

/** What a chart has too much of to draw it point by point. Items are numbered; in most charts they are the trials. */
export interface Cloud {
  /** What the places depend on beside the axes and the trials. */
  readonly key: string;
  readonly size: number;
  /** Place of an item in data coordinates; NaN where it has none. */
  readonly x: (item: number) => number;
  readonly y: (item: number) => number;
  readonly trial: (item: number) => number;
  /** Grows with the trials. */
  readonly version: number;
  /** Items that may have moved since a version; null: any. */
  readonly changedSince: (version: number) => Iterable<number> | null;
  /** The sentence that says so. */
  readonly title: string;
  /** What these trials are, in words. */
  readonly describe: (trials: readonly number[]) => string;
}

/** Counts of a cloud in the cells of a chart. Follows a growing study: as long as the axes stay, only what changed moves. */
export class DensityGrid {
  #key = '';
  #version = 0;
  #counts = new Uint32Array(0);
  /** The cell of each item, −1 where it has none. */
  #cells = new Int32Array(0);
  #x: BinAxis | null = null;
  #y: BinAxis | null = null;
  #most = 0;
  #total = 0;

  /** Cells row by row, the bottom row first: cell = bin of y · columns + bin of x. */
  get counts(): Uint32Array {
    return this.#counts;
  }

  get columns(): number {
    return this.#x?.count ?? 0;
  }

  get rows(): number {
    return this.#y?.count ?? 0;
  }

  get x(): BinAxis {
    return this.#x as BinAxis;
  }

  get y(): BinAxis {
    return this.#y as BinAxis;
  }

  /** The largest count of a cell. */
  get most(): number {
    return this.#most;
  }

  /** Items in all cells. */
  get total(): number {
    return this.#total;
  }

  /** `width` and `height` of the chart's area in CSS pixels. Returns the number of items that were looked at. */
  update(cloud: Cloud, axes: { readonly x: PlotAxis; readonly y: PlotAxis }, width: number, height: number): number {
    const { x, y } = axes;
    const cuts = [x, y].map(({ min, max, log, whole }) => [min, max, log, whole?.from, whole?.share].join());
    const key = [cloud.key, width, height, ...cuts].join();
    const changed = key === this.#key ? cloud.changedSince(this.#version) : null;
    const looked = changed ? this.#move(cloud, changed) : this.#fill(cloud, binAxis(x, width), binAxis(y, height));
    this.#key = key;
    this.#version = cloud.version;
    if (looked === 0) return 0;
    this.#most = 0;
    for (const count of this.#counts) if (count > this.#most) this.#most = count;
    return looked;
  }

  /** The items of a cell, ascending. */
  itemsIn(cell: number): number[] {
    const found: number[] = [];
    for (let item = this.#cells.indexOf(cell); item >= 0; item = this.#cells.indexOf(cell, item + 1)) found.push(item);
    return found;
  }

  #fill(cloud: Cloud, x: BinAxis, y: BinAxis): number {
    this.#x = x;
    this.#y = y;
    const cells = x.count * y.count;
    this.#counts = this.#counts.length === cells ? this.#counts.fill(0) : new Uint32Array(cells);
    this.#cells = ensureLength(this.#cells, cloud.size, -1);
    this.#cells.fill(-1, cloud.size);
    this.#total = 0;
    for (let item = 0; item < cloud.size; item++) this.#put(cloud, item);
    return cloud.size;
  }

  #move(cloud: Cloud, changed: Iterable<number>): number {
    this.#cells = ensureLength(this.#cells, cloud.size, -1);
    let looked = 0;
    for (const item of changed) {
      looked++;
      const before = this.#cells[item] as number;
      if (before >= 0) {
        (this.#counts[before] as number)--;
        this.#total--;
      }
      this.#put(cloud, item);
    }
    return looked;
  }

  #put(cloud: Cloud, item: number): void {
    const column = (this.#x as BinAxis).bin(cloud.x(item));
    const row = (this.#y as BinAxis).bin(cloud.y(item));
    const isThere = column >= 0 && row >= 0;
    const cell = isThere ? row * this.columns + column : -1;
    this.#cells[item] = cell;
    if (!isThere) return;
    (this.#counts[cell] as number)++;
    this.#total++;
  }
}

/** From 0 for a cell that holds one to 1 for the fullest. */
export type Scale = (count: number, most: number) => number;

/** By the logarithm: a single trial is seen beside 10,000. */
export const byLogarithm: Scale = (count, most) => (most > 1 ? Math.log(count) / Math.log(most) : 0.5);

/** By the square root: of lines, which all cross each other, those that are together stand out. */
export const byRoot: Scale = (count, most) => (most > 1 ? Math.sqrt((count - 1) / (most - 1)) : 0.5);

export type Channels = readonly [red: number, green: number, blue: number];

/** Level at which the accent is reached; fuller cells go on towards the colour of text. */
const ACCENT_LEVEL = 0.65;
const LEVELS = 256;

/**
 * RGBA by level: from a faint accent over the accent towards the foreground, so that it gets steadily brighter on a dark
 * ground and darker on a light one, and no colour needs to be told from another. `faint`: opacity of the first level.
 */
export function densityPalette(accent: Channels, foreground: Channels, faint: number): Uint8ClampedArray {
  const palette = new Uint8ClampedArray(4 * LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const share = level / (LEVELS - 1);
    const beyond = (0.75 * Math.max(0, share - ACCENT_LEVEL)) / (1 - ACCENT_LEVEL);
    for (let channel = 0; channel < 3; channel++) {
      const from = accent[channel] as number;
      palette[4 * level + channel] = from + ((foreground[channel] as number) - from) * beyond;
    }
    palette[4 * level + 3] = 255 * Math.min(1, faint + ((1 - faint) * share) / ACCENT_LEVEL);
  }
  return palette;
}

/** The same of one colour alone, by opacity. */
export function fadingPalette([red, green, blue]: Channels, faint: number): Uint8ClampedArray {
  const palette = new Uint8ClampedArray(4 * LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    palette.set([red, green, blue, 255 * (faint + ((1 - faint) * level) / (LEVELS - 1))], 4 * level);
  }
  return palette;
}

/** RGBA of a grid of counts, whose first row is at the bottom. */
export function densityPixels(
  counts: Uint32Array,
  columns: number,
  palette: Uint8ClampedArray,
  most: number,
  scale: Scale,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * counts.length);
  const rows = counts.length / columns;
  for (let cell = 0; cell < counts.length; cell++) {
    const count = counts[cell] as number;
    if (count === 0) continue;
    const from = 4 * Math.round((LEVELS - 1) * scale(count, most));
    const at = 4 * ((rows - 1 - Math.floor(cell / columns)) * columns + (cell % columns));
    for (let channel = 0; channel < 4; channel++) pixels[at + channel] = palette[from + channel] as number;
  }
  return pixels;
}
