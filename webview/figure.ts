/** A heading, a chart or a sentence, and what mouse and keyboard do with it. */
import { element, setText } from './dom.ts';
import { FigureHeading } from './figureHeading.ts';
import { Plot } from './plot.ts';
import { type PlotContent, POINT_BUDGET } from './plotData.ts';
import { drawOverlay, type PlotMarks } from './plotOverlay.ts';
import { PlotTargets, stepThrough } from './plotTargets.ts';
import { Seen } from './seen.ts';
import type { Theme } from './theme.ts';
import type { Tooltip } from './tooltip.ts';

const REACH = 14;
const POINTS_PER_PIXEL = 4;
const MIN_BUDGET = 1000;

export interface FigureOptions {
  readonly id: string;
  readonly theme: Theme;
  readonly tooltip: Tooltip;
  readonly keysHint: string;
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
  #marks: PlotMarks = { best: null, selected: null, hovered: null, isSelectedPruned: false };

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
        'aria-description': options.keysHint,
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
    if (content.empty !== null) return;
    this.#canvas.setAttribute('aria-label', content.label);
    this.#plot.show(content.data, theme);
  }

  mark(marks: Omit<PlotMarks, 'hovered'>): void {
    this.#marks = { ...marks, hovered: this.#marks.hovered };
    this.#drawMarks();
  }

  #afterDraw(): void {
    if (!this.#plot.data) return;
    this.#areTargetsStale = true;
    this.#drawMarks();
  }

  #drawMarks(): void {
    if (!this.#stage.hidden) drawOverlay(this.#overlay, this.#plot, this.#marks, this.#theme);
  }

  #listen(): void {
    const stage = this.#stage;
    stage.addEventListener('pointermove', (event) => this.#hover(this.#at(event), event));
    stage.addEventListener('pointerleave', () => this.#hover(null, null));
    stage.addEventListener('click', (event) => this.#options.onSelect(this.#at(event)));
    stage.addEventListener('keydown', (event) => this.#key(event));
  }

  #at(event: MouseEvent): number | null {
    const { data } = this.#plot;
    if (!data) return null;
    if (this.#areTargetsStale) {
      this.#areTargetsStale = false;
      this.#targets.rebuild(
        data,
        (x) => this.#plot.pixelX(x),
        (y) => this.#plot.pixelY(y),
      );
    }
    const box = this.#canvas.getBoundingClientRect();
    return this.#targets.nearest(event.clientX - box.left, event.clientY - box.top, REACH);
  }

  #hover(number: number | null, event: PointerEvent | null): void {
    if (number === null || !event) this.#options.tooltip.hide();
    else this.#options.tooltip.show(number, event.clientX, event.clientY);
    if (number === this.#marks.hovered) return;
    this.#marks = { ...this.#marks, hovered: number };
    this.#stage.classList.toggle('is-over-trial', number !== null);
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
