/** A heading, a chart or a sentence, and what mouse and keyboard do with it. */

import { QUANTILES } from '../charts/curveBands.ts';
import { element, setText } from '../ui/dom.ts';
import { formatCount, formatRange, formatSignificant } from '../ui/format.ts';
import { Seen } from '../ui/seen.ts';
import type { Translate } from '../ui/strings.ts';
import type { Theme } from '../ui/theme.ts';
import type { Tooltip, TooltipText } from '../ui/tooltip.ts';
import type { BinAxis } from './binAxis.ts';
import type { DensityGrid } from './density.ts';
import { FigureHeading } from './figureHeading.ts';
import type { LayerHit } from './layers.ts';
import { Plot } from './plot.ts';
import { type PlotAxis, type PlotContent, type PlotData, POINT_BUDGET } from './plotData.ts';
import { drawOverlay, type PlotMarks } from './plotOverlay.ts';
import { PlotTargets, stepThrough } from './plotTargets.ts';

const REACH = 14;
/** Over a density, of which every cell can be pointed at. */
const SHORT_REACH = 7;
const POINTS_PER_PIXEL = 4;
const MIN_BUDGET = 1000;

export interface FigureOptions {
  readonly id: string;
  readonly theme: Theme;
  readonly tooltip: Tooltip;
  readonly t: Translate;
  readonly onSelect: (number: number | null) => void;
  /** The chart came into sight after it could not be drawn. */
  readonly onStale: () => void;
}

export class Figure {
  readonly root: HTMLElement;
  readonly heading: FigureHeading;
  readonly #empty = element('p', { class: 'figure-empty', hidden: true });
  readonly #canvas = element('canvas', { role: 'img' });
  readonly #overlay = element('canvas', { class: 'overlay', 'aria-hidden': 'true' });
  readonly #stage: HTMLElement;
  readonly #plot: Plot;
  readonly #targets = new PlotTargets();
  /** Whether the chart was drawn since the targets were found; they are needed only under a pointer. */
  #areTargetsStale = true;
  readonly #options: FigureOptions;
  readonly #seen: Seen;
  #isStale = false;
  #theme: Theme;
  #marks: PlotMarks = { best: null, selected: null, hovered: null, box: null, isSelectedPruned: false };

  constructor(options: FigureOptions) {
    this.#options = options;
    this.#theme = options.theme;
    const { id } = options;
    this.heading = new FigureHeading(id);
    this.#stage = element(
      'div',
      {
        class: 'figure-stage',
        tabindex: 0,
        role: 'group',
        'aria-labelledby': `${id}-title`,
        'aria-description': options.t('keysHint'),
      },
      this.#canvas,
      this.#overlay,
    );
    this.root = element('section', { class: `figure figure-${id}` }, this.heading.root, this.#stage, this.#empty);
    this.#plot = new Plot(this.#canvas, options.theme, () => this.#afterDraw());
    this.#seen = new Seen(this.root, (isSeen) => {
      if (!isSeen || !this.#isStale) return;
      this.#isStale = false;
      options.onStale();
    });
    this.#listen();
  }

  /** False for a chart out of sight, which then tells when it comes into sight. */
  get wantsDrawing(): boolean {
    if (this.root.hidden) return false;
    this.#isStale = !this.#seen.isSeen;
    return !this.#isStale;
  }

  /** Points that this chart can show side by side, POINT_BUDGET at most. */
  get budget(): number {
    return Math.min(POINT_BUDGET, Math.max(MIN_BUDGET, POINTS_PER_PIXEL * this.#stage.clientWidth));
  }

  show(content: PlotContent, theme: Theme): void {
    this.#theme = theme;
    const isEmpty = content.empty !== null;
    this.#stage.hidden = isEmpty;
    this.#empty.hidden = !isEmpty;
    this.root.classList.toggle('is-empty', isEmpty);
    setText(this.#empty, content.empty ?? '');
    this.heading.setNote(content.empty === null ? content.note : '');
    if (content.empty !== null) {
      this.heading.setScale(null);
      return;
    }
    this.#canvas.setAttribute('aria-label', content.label);
    this.#plot.show(content.data, theme);
  }

  mark(marks: Omit<PlotMarks, 'hovered' | 'box'>): void {
    this.#marks = { ...this.#marks, ...marks };
    this.#drawMarks();
  }

  #afterDraw(): void {
    const { data, layers } = this.#plot;
    if (!data) return;
    this.#areTargetsStale = true;
    // The cell under the pointer may hold others by now.
    this.#marks = { ...this.#marks, box: null };
    this.#drawMarks();
    const most = layers.most.map(formatCount).join(' / ');
    const title = this.#options.t(data.lines ? 'linesScale' : 'densityScale', { most });
    this.heading.setScale(most === '' ? null : { most, title, hasLayers: data.lines !== undefined });
  }

  #drawMarks(): void {
    if (!this.#stage.hidden) drawOverlay(this.#overlay, this.#plot, this.#marks, this.#theme);
  }

  #listen(): void {
    const stage = this.#stage;
    stage.addEventListener('pointermove', (event) => this.#hover(this.#at(event), event));
    stage.addEventListener('pointerleave', () => this.#hover(null, null));
    stage.addEventListener('click', (event) => this.#options.onSelect(this.#pick(event)));
    stage.addEventListener('keydown', (event) => this.#key(event));
  }

  /** A trial, or a place where many are. */
  #at(event: MouseEvent): number | LayerHit | null {
    const { data } = this.#plot;
    if (!data) return null;
    const { x, y } = this.#place(event);
    const hasLayer = data.density !== undefined || data.lines !== undefined || data.bands !== undefined;
    const trial = this.#nearest(x, y, hasLayer ? SHORT_REACH : REACH);
    if (trial !== null) return trial;
    const hit = this.#plot.layerAt(x, y);
    const isOne = hit?.kind === 'cell' && hit.items.length === 1;
    return isOne ? (data.density?.trial(hit.items[0] as number) ?? null) : hit;
  }

  #place(event: MouseEvent): { x: number; y: number } {
    const box = this.#canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #nearest(x: number, y: number, reach: number): number | null {
    const { data } = this.#plot;
    if (!data) return null;
    if (this.#areTargetsStale) {
      this.#areTargetsStale = false;
      this.#targets.rebuild(
        data,
        (value) => this.#plot.pixelX(value),
        (value) => this.#plot.pixelY(value),
      );
    }
    return this.#targets.nearest(x, y, reach);
  }

  /** The trial that a click means: in a cell of many the one nearest to the pointer. */
  #pick(event: MouseEvent): number | null {
    const hit = this.#at(event);
    const { density } = this.#plot.data ?? {};
    if (hit === null || typeof hit === 'number') return hit;
    if (hit.kind !== 'cell' || !density) return null;
    const { x, y } = this.#place(event);
    const distance = (item: number) =>
      (this.#plot.pixelX(density.x(item)) - x) ** 2 + (this.#plot.pixelY(density.y(item)) - y) ** 2;
    const nearest = hit.items.reduce((one, other) => (distance(other) < distance(one) ? other : one));
    return density.trial(nearest);
  }

  #hover(hit: number | LayerHit | null, event: PointerEvent | null): void {
    const { tooltip, t } = this.#options;
    const { data, layers } = this.#plot;
    if (hit === null || !event || !data) tooltip.hide();
    else if (typeof hit === 'number') tooltip.show(hit, event.clientX, event.clientY);
    else {
      const { x, y } = this.#place(event);
      const nearest = this.#nearest(x, y, Number.POSITIVE_INFINITY);
      tooltip.show(layerText(hit, data, layers.grid, nearest, t), event.clientX, event.clientY);
    }
    const hovered = typeof hit === 'number' ? hit : null;
    const box = hit === null || typeof hit === 'number' ? null : hit.box;
    if (hovered === this.#marks.hovered && isSame(box, this.#marks.box)) return;
    this.#marks = { ...this.#marks, hovered, box };
    this.#stage.classList.toggle(
      'is-over-trial',
      hovered !== null || (typeof hit === 'object' && hit?.kind === 'cell'),
    );
    this.#drawMarks();
  }

  #key(event: KeyboardEvent): void {
    const { data } = this.#plot;
    if (!data || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') this.#options.onSelect(null);
    else if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) {
      this.#options.onSelect(stepThrough(data.trials, this.#marks.selected, event.key));
    } else return;
    event.preventDefault();
  }
}

function isSame(one: PlotMarks['box'], other: PlotMarks['box']): boolean {
  return one === other || (one?.left === other?.left && one?.top === other?.top && one?.height === other?.height);
}

/** `nearest`: the trial nearest to the pointer that is drawn as a point; null where none is. */
function layerText(
  hit: LayerHit,
  data: PlotData,
  grid: DensityGrid,
  nearest: number | null,
  t: Translate,
): TooltipText {
  const lines: { name: string; text: string }[] = [];
  const add = (name: string, text: string) => lines.push({ name, text });
  let title = '';
  if (hit.kind === 'cell' && data.density) {
    const trials = hit.items.map(data.density.trial);
    title = t('cellTrials', { trials: formatCount(trials.length) });
    add(data.y.name, rangeText(data.y, grid.y, hit.row));
    add(data.x.name, rangeText(data.x, grid.x, hit.column));
    add(t('columnState'), data.density.describe(trials));
  } else if (hit.kind === 'lines') {
    title = t('cellLines', { count: formatCount(hit.count) });
    add(t('cellBest'), formatCount(hit.best));
  } else if (hit.kind === 'bands' && data.bands) {
    const { curves, reached, quantiles, steps } = data.bands;
    const step = formatSignificant(steps[hit.at] as number, 6);
    title = t('curvesAtStep', { reached: formatCount(reached[hit.at] as number), curves: formatCount(curves), step });
    for (const [index, share] of [...QUANTILES.entries()].reverse()) {
      const value = formatSignificant((quantiles[index] as Float64Array)[hit.at] as number, 4);
      add(share === 0.5 ? t('median') : `${100 * share} %`, value);
    }
  }
  if (nearest !== null) add(t('nearestMarked'), t('bestTrial', { number: nearest }));
  return { key: [title, ...Object.values(hit.box)].join(), title, lines };
}

function rangeText(axis: PlotAxis, bins: BinAxis, bin: number): string {
  const [from, to] = bins.range(bin);
  const lane = axis.lanes?.find((one) => one.at >= from && one.at <= to);
  if (lane) return lane.label;
  if (axis.whole === undefined) return formatRange(from, to);
  const [first, last] = [from, to].map((value) => [axis.label(value)].flat().join(' '));
  return first === last ? String(first) : `${first} … ${last}`;
}
