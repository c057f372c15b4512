/** A heading, a chart or a sentence, and what mouse and keyboard do with it. */

import type { FilterState } from '../filter/columns.ts';
import type { Condition } from '../filter/condition.ts';
import type { Selection } from '../filter/crossfilter.ts';
import { element, isLarge, setText, toggleLarge } from '../ui/dom.ts';
import { formatCount } from '../ui/format.ts';
import { Seen } from '../ui/seen.ts';
import type { Translate } from '../ui/strings.ts';
import type { Theme } from '../ui/theme.ts';
import type { Tooltip } from '../ui/tooltip.ts';
import { brushBoxes, brushedPlaces, dragged, type Place } from './drag.ts';
import { drawingOf } from './drawing.ts';
import { type ColourScale, FigureHeading } from './figureHeading.ts';
import { isSameBox, type LayerHit } from './layers.ts';
import { layerText } from './layerText.ts';
import { Plot } from './plot.ts';
import { divided, hasLayer, type PlotContent, type PlotData, POINT_BUDGET, withParts } from './plotData.ts';
import { drawOverlay, type PlotMarks } from './plotOverlay.ts';
import { PlotTargets, stepThrough } from './plotTargets.ts';
import { isZoomed, moved, WHOLE, type Zoom, zoomed, zoomedData } from './zoom.ts';

const REACH = 14;
/** Over a density, of which every cell can be pointed at. */
const SHORT_REACH = 7;
const POINTS_PER_PIXEL = 4;
const MIN_BUDGET = 1000;
/** Pixels that a pointer moves in a click. */
const SHORTEST_DRAG = 4;
/** A wheel that was scrolling goes on scrolling until it has rested for so long. */
const SCROLL_REST_MS = 300;

/** Pixels of a tile around its picture: heading and ticks. */
const AROUND = 90;

/** What a drawing depends on beside its content. */
export interface FigureScene {
  readonly theme: Theme;
  readonly selection: Selection;
  readonly conditions: readonly (Condition | null)[];
}

export interface FigureOptions {
  readonly id: string;
  readonly theme: Theme;
  readonly tooltip: Tooltip;
  readonly t: Translate;
  readonly onSelect: (number: number | null) => void;
  /** The chart came into sight after it could not be drawn. */
  readonly onStale: () => void;
  /** The chart came into sight or left it. */
  readonly onSeen?: () => void;
  readonly onBrush: (conditions: readonly Condition[]) => void;
  readonly onUnbrush: (places: readonly number[]) => void;
  readonly onLegend: (state: FilterState) => void;
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
  readonly #reset: HTMLButtonElement;
  #isStale = false;
  /** What was shown last, whole. */
  #whole: PlotData | null = null;
  #zoom: Zoom = WHOLE;
  #conditions: readonly (Condition | null)[] = [];
  /** Where the pointer went down, until it goes up. */
  #down: (Place & { readonly isPan: boolean }) | null = null;
  #drag: ReturnType<typeof dragged> = null;
  #isClickOver = false;
  #zoomFrame = 0;
  #scrolledAt = Number.NEGATIVE_INFINITY;
  #theme: Theme;
  #marks: Omit<PlotMarks, 'brushes'> = {
    best: null,
    selected: null,
    hovered: null,
    box: null,
    isSelectedPruned: false,
  };

  constructor(options: FigureOptions) {
    this.#options = options;
    this.#theme = options.theme;
    const { id } = options;
    this.heading = new FigureHeading(id, (state) => options.t('hideState', { state }), options.onLegend);
    this.#reset = element('button', { type: 'button', class: 'link reset-zoom', hidden: true }, options.t('resetZoom'));
    this.#reset.addEventListener('click', () => this.#setZoom(WHOLE));
    this.heading.controls.append(this.#reset);
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
      options.onSeen?.();
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

  get isSeen(): boolean {
    return this.#seen.isSeen && !this.root.hidden;
  }

  /** What it shows, whole; null before the first drawing. */
  get data(): PlotData | null {
    return this.#whole;
  }

  /** As a data URL of a PNG, with its marks, on the panel's ground. */
  picture(): string {
    const { width, height } = this.#canvas;
    const copy = document.createElement('canvas');
    copy.width = width;
    copy.height = height;
    const context = copy.getContext('2d');
    if (!context) return '';
    context.fillStyle = this.#theme.background;
    context.fillRect(0, 0, width, height);
    for (const canvas of [this.#canvas, this.#overlay]) context.drawImage(canvas, 0, 0, width, height);
    return copy.toDataURL('image/png');
  }

  /** As the text of an SVG file. */
  drawing(): string {
    return drawingOf(this.#plot, this.#canvas.getAttribute('aria-label') ?? '', this.#theme);
  }

  /** Points that this chart can show side by side, POINT_BUDGET at most. */
  get budget(): number {
    return Math.min(POINT_BUDGET, Math.max(MIN_BUDGET, POINTS_PER_PIXEL * this.#stage.clientWidth));
  }

  show(content: PlotContent, { theme, selection, conditions }: FigureScene): void {
    this.#theme = theme;
    this.#conditions = conditions;
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
    const { height } = content;
    this.root.style.setProperty('--most', height === undefined ? 'none' : `${height + AROUND}px`);
    this.#canvas.setAttribute('aria-label', content.label);
    this.#whole = withParts(content.data, { sets: divided(content.data, selection) });
    this.#plot.show(zoomedData(this.#whole, this.#zoom), theme);
  }

  mark(marks: Omit<PlotMarks, 'hovered' | 'box' | 'brushes'>): void {
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
    this.heading.setScale(this.#scaleOf(data, layers.most.map(formatCount).join(' / ')));
  }

  #scaleOf({ field, lines, colours }: PlotData, most: string): ColourScale | null {
    if (colours) return colours;
    if (field) return { kind: 'shades', least: field.worst, most: field.best, title: field.title };
    const title = this.#options.t(lines ? 'linesScale' : 'densityScale', { most });
    return most === '' ? null : { kind: lines ? 'layers' : 'density', least: '1', most, title };
  }

  #drawMarks(): void {
    const { data } = this.#plot;
    if (this.#stage.hidden || !data) return;
    const boxes = brushBoxes(data, this.#plot, this.#conditions);
    const brushes = this.#drag ? [...boxes, this.#drag.box] : boxes;
    drawOverlay(this.#overlay, this.#plot, { ...this.#marks, brushes }, this.#theme);
  }

  #listen(): void {
    const stage = this.#stage;
    const note = (event: Event) => {
      this.#scrolledAt = event.timeStamp;
    };
    document.addEventListener('scroll', note, { capture: true, passive: true });
    stage.addEventListener('pointerdown', (event) => this.#press(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    stage.addEventListener('pointerup', () => this.#release());
    stage.addEventListener('pointercancel', () => this.#release());
    stage.addEventListener('pointerleave', () => this.#hover(null, null));
    stage.addEventListener('click', (event) => {
      if (!this.#isClickOver) this.#options.onSelect(this.#pick(event));
    });
    stage.addEventListener('dblclick', () => {
      if (isZoomed(this.#zoom)) this.#setZoom(WHOLE);
      else if (this.#whole) this.#options.onUnbrush(brushedPlaces(this.#whole, this.#conditions));
    });
    stage.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    stage.addEventListener('keydown', (event) => this.#key(event));
  }

  #press(event: PointerEvent): void {
    this.#isClickOver = false;
    if (event.button > 1 || !this.#plot.data) return;
    this.#down = { ...this.#place(event), isPan: event.button === 1 };
    this.#stage.setPointerCapture(event.pointerId);
    if (event.button === 1) event.preventDefault();
  }

  #move(event: PointerEvent): void {
    const { data } = this.#plot;
    const from = this.#down;
    if (!from || !data) {
      this.#hover(this.#at(event), event);
      return;
    }
    const to = this.#place(event);
    if (!this.#isClickOver && Math.hypot(to.x - from.x, to.y - from.y) < SHORTEST_DRAG) return;
    this.#isClickOver = true;
    this.#hover(null, null);
    if (from.isPan) {
      const { left, right, top, bottom } = this.#plot.area;
      this.#down = { ...to, isPan: true };
      const { x, y } = this.#zoom;
      this.#setZoom({
        x: moved(x, (from.x - to.x) / (right - left)),
        y: moved(y, (to.y - from.y) / (bottom - top)),
      });
      return;
    }
    this.#drag = dragged(data, this.#plot, from, to, event);
    this.#drawMarks();
  }

  #release(): void {
    const drag = this.#drag;
    this.#down = null;
    this.#drag = null;
    if (drag && drag.conditions.length > 0) this.#options.onBrush(drag.conditions);
    else if (drag) this.#drawMarks();
  }

  /** Nearer or farther at the pointer; beside an axis along that one alone. A page that is being scrolled goes on. */
  #wheel(event: WheelEvent): void {
    const { data } = this.#plot;
    if (!data || data.axisBrushes || event.timeStamp - this.#scrolledAt < SCROLL_REST_MS) return;
    const factor = Math.exp(Math.max(-1, Math.min(1, event.deltaY / 400)));
    if (factor > 1 && !isZoomed(this.#zoom)) return;
    event.preventDefault();
    const { left, right, top, bottom } = this.#plot.area;
    const at = this.#place(event);
    const { x, y } = this.#zoom;
    this.#setZoom({
      x: at.x < left ? x : zoomed(x, share(at.x, left, right), factor),
      y: at.y > bottom ? y : zoomed(y, 1 - share(at.y, top, bottom), factor),
    });
  }

  #setZoom(zoom: Zoom): void {
    if (!this.#whole) return;
    this.#zoom = zoom;
    this.#reset.hidden = !isZoomed(zoom);
    cancelAnimationFrame(this.#zoomFrame);
    this.#zoomFrame = requestAnimationFrame(() => {
      if (this.#whole) this.#plot.show(zoomedData(this.#whole, this.#zoom), this.#theme);
    });
  }

  /** A trial, or a place where many are. */
  #at(event: MouseEvent): number | LayerHit | null {
    const { data } = this.#plot;
    if (!data) return null;
    const { x, y } = this.#place(event);
    const trial = this.#nearest(x, y, hasLayer(data) ? SHORT_REACH : REACH);
    if (trial !== null) return trial;
    const hit = this.#plot.layerAt(x, y);
    const isOne = hit?.kind === 'cell' && hit.items.length === 1;
    return isOne ? ((data.density ?? data.context)?.trial(hit.items[0] as number) ?? null) : hit;
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
    const { density = this.#plot.data?.context } = this.#plot.data ?? {};
    if (hit === null || typeof hit === 'number') return this.#plot.data?.describe ? this.#marks.selected : hit;
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
    else if (typeof hit === 'number') tooltip.show(data.describe?.(hit) ?? hit, event.clientX, event.clientY);
    else {
      const { x, y } = this.#place(event);
      const nearest = this.#nearest(x, y, Number.POSITIVE_INFINITY);
      tooltip.show(layerText(hit, data, layers.grid, nearest, t), event.clientX, event.clientY);
    }
    const hovered = typeof hit === 'number' ? hit : null;
    const box = hit === null || typeof hit === 'number' ? null : hit.box;
    if (hovered === this.#marks.hovered && isSameBox(box, this.#marks.box)) return;
    this.#marks = { ...this.#marks, hovered, box };
    this.#stage.classList.toggle(
      'is-over-trial',
      hovered !== null || (typeof hit === 'object' && hit?.kind === 'cell'),
    );
    this.#drawMarks();
  }

  /** Takes back the last thing that a person did here: a drag, a selection, a brush. */
  #escape(): void {
    if (isLarge(this.root)) toggleLarge(this.root);
    else if (this.#down) {
      this.#drag = null;
      this.#down = null;
      this.#drawMarks();
    } else if (this.#marks.selected !== null) this.#options.onSelect(null);
    else if (this.#conditions.length > 0) this.#options.onUnbrush([this.#conditions.length - 1]);
  }

  #key(event: KeyboardEvent): void {
    const { data } = this.#plot;
    if (!data || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') this.#escape();
    else if (event.key === '+' || event.key === '-') {
      const factor = event.key === '+' ? 0.7 : 1 / 0.7;
      const { x, y } = this.#zoom;
      if (!data.axisBrushes) this.#setZoom({ x: zoomed(x, 0.5, factor), y: zoomed(y, 0.5, factor) });
    } else if (event.key === '0') this.#setZoom(WHOLE);
    else if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) {
      if (data.trials.length > 0) this.#options.onSelect(stepThrough(data.trials, this.#marks.selected, event.key));
    } else return;
    event.preventDefault();
  }
}

function share(at: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (at - from) / (to - from)));
}
