/** How many lines pass each cell of a chart of parallel axes: what is drawn where lines would cover each other. */
import { ensureLength } from '../../src/core/study/columns/growable.ts';
import type { PlotAxis } from './plotData.ts';

/** Width of a cell in CSS pixels: lines cross it at a slant, and wider ones would show as stairs. */
const CELL = 2;

/** More lines than can be drawn one by one. The axes stand at 0, 1, 2 … of the horizontal axis. */
export interface LineCloud {
  /** What the places depend on beside the trials. */
  readonly key: string;
  readonly size: number;
  readonly axes: number;
  /** Height at which an item's line meets an axis; NaN: it goes straight on to the next. */
  readonly at: (axis: number, item: number) => number;
  /** Lines of layer 1 lie in colour over the grey ones of layer 0; −1: no line. */
  readonly layer: (item: number) => -1 | 0 | 1;
  readonly version: number;
  /** Items whose line may have moved since a version; null: any. A change of the layer alone needs no mention. */
  readonly changedSince: (version: number) => Iterable<number> | null;
  /** The sentence that says so. */
  readonly title: string;
}

/** Counts by cell, a grid a layer. In a column every line counts once. */
export class LineDensity {
  #key = '';
  #version = 0;
  #axes = 0;
  #columns = 0;
  #rows = 0;
  /** Horizontal place of a column's middle. */
  #middle: (column: number) => number = () => Number.NaN;
  #counts: readonly [Uint32Array, Uint32Array] = [new Uint32Array(0), new Uint32Array(0)];
  #layers = new Uint8Array(0);
  /** Row in which an item meets an axis, plus one; 0: it doesn't. */
  #meets = new Uint16Array(0);
  #most: readonly [number, number] = [0, 0];

  /** By layer; cells row by row, the bottom row first. */
  get counts(): readonly [Uint32Array, Uint32Array] {
    return this.#counts;
  }

  get columns(): number {
    return this.#columns;
  }

  get rows(): number {
    return this.#rows;
  }

  /** By layer: the largest count of a cell. */
  get most(): readonly [number, number] {
    return this.#most;
  }

  /** `width` and `height` of the chart's area in CSS pixels. Returns the number of lines that were looked at. */
  update(
    cloud: LineCloud,
    axes: { readonly x: PlotAxis; readonly y: PlotAxis },
    width: number,
    height: number,
  ): number {
    const { x, y } = axes;
    const key = [cloud.key, width, height, cloud.axes, x.min, x.max, y.min, y.max].join();
    const changed = key === this.#key ? cloud.changedSince(this.#version) : null;
    if (!changed) {
      this.#axes = cloud.axes;
      this.#columns = Math.max(1, Math.round(width / CELL));
      this.#rows = Math.max(1, Math.round(height / CELL));
      this.#middle = (column) => x.min + ((column + 0.5) * (x.max - x.min)) / this.#columns;
      this.#counts = [new Uint32Array(this.#columns * this.#rows), new Uint32Array(this.#columns * this.#rows)];
    }
    const looked = changed ? this.#move(cloud, y, changed) : this.#fill(cloud, y);
    this.#key = key;
    this.#version = cloud.version;
    const largest = (counts: Uint32Array) => counts.reduce((most, count) => Math.max(most, count), 0);
    this.#most = [largest(this.#counts[0]), largest(this.#counts[1])];
    return looked;
  }

  /** Lines between the same two rows of the same two axes are counted first and drawn once. */
  #fill(cloud: LineCloud, y: PlotAxis): number {
    this.#grow(cloud.size);
    const pairs = new Map<number, Uint32Array>();
    for (let item = 0; item < cloud.size; item++) {
      const layer = this.#meet(cloud, y, item);
      if (layer < 0) continue;
      let from = -1;
      for (let axis = 0; axis < this.#axes; axis++) {
        if (this.#meets[item * this.#axes + axis] === 0) continue;
        if (from >= 0) this.#countPair(pairs, layer, item, from, axis);
        from = axis;
      }
    }
    for (const [pair, counts] of pairs) {
      const to = pair % this.#axes;
      const from = Math.floor(pair / this.#axes) % this.#axes;
      const layer = Math.floor(pair / this.#axes ** 2) as 0 | 1;
      for (let rows = 0; rows < counts.length; rows++) {
        const count = counts[rows] as number;
        if (count > 0) this.#draw(layer, from, Math.floor(rows / this.#rows), to, rows % this.#rows, count);
      }
    }
    return cloud.size;
  }

  #countPair(pairs: Map<number, Uint32Array>, layer: number, item: number, from: number, to: number): void {
    const pair = (layer * this.#axes + from) * this.#axes + to;
    let counts = pairs.get(pair);
    if (!counts) {
      counts = new Uint32Array(this.#rows ** 2);
      pairs.set(pair, counts);
    }
    const rows = (this.#row(item, from) - 1) * this.#rows + this.#row(item, to) - 1;
    counts[rows] = (counts[rows] as number) + 1;
  }

  #move(cloud: LineCloud, y: PlotAxis, changed: Iterable<number>): number {
    this.#grow(cloud.size);
    const moved = new Set(changed);
    for (let item = 0; item < cloud.size; item++) if (cloud.layer(item) + 1 !== this.#layers[item]) moved.add(item);
    for (const item of moved) {
      this.#drawItem(item, -1);
      this.#meet(cloud, y, item);
      this.#drawItem(item, 1);
    }
    return moved.size;
  }

  #grow(size: number): void {
    this.#layers = ensureLength(this.#layers, size, 0);
    this.#meets = ensureLength(this.#meets, size * this.#axes, 0);
  }

  /** Finds where an item's line lies; returns its layer. */
  #meet(cloud: LineCloud, { min, max }: PlotAxis, item: number): number {
    const layer = cloud.layer(item);
    this.#layers[item] = layer + 1;
    if (layer < 0) return layer;
    for (let axis = 0; axis < this.#axes; axis++) {
      const at = cloud.at(axis, item);
      const row = Math.min(this.#rows - 1, Math.max(0, Math.floor(((at - min) / (max - min)) * this.#rows)));
      this.#meets[item * this.#axes + axis] = Number.isNaN(at) ? 0 : row + 1;
    }
    return layer;
  }

  #row(item: number, axis: number): number {
    return this.#meets[item * this.#axes + axis] as number;
  }

  #drawItem(item: number, weight: number): void {
    const layer = (this.#layers[item] as number) - 1;
    if (layer < 0) return;
    let from = -1;
    for (let axis = 0; axis < this.#axes; axis++) {
      if (this.#row(item, axis) === 0) continue;
      if (from >= 0) {
        this.#draw(layer as 0 | 1, from, this.#row(item, from) - 1, axis, this.#row(item, axis) - 1, weight);
      }
      from = axis;
    }
  }

  #draw(layer: 0 | 1, from: number, fromRow: number, to: number, toRow: number, weight: number): void {
    const counts = this.#counts[layer];
    const columns = this.#columns;
    const [first, width] = [this.#middle(0), this.#middle(1) - this.#middle(0)];
    for (let column = Math.max(0, Math.ceil((from - first) / width)); column < columns; column++) {
      const at = (first + column * width - from) / (to - from);
      if (at >= 1) break;
      const cell = Math.round(fromRow + (toRow - fromRow) * at) * columns + column;
      counts[cell] = (counts[cell] as number) + weight;
    }
  }
}
