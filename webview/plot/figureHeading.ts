import type { FilterState } from '../filter/columns.ts';
import { element, setText } from '../ui/dom.ts';
import { formatCount } from '../ui/format.ts';
import { type StateShape, stateIcon } from '../ui/icons.ts';

/** Characters of a note that gets a line of its own where the heading is narrow. */
const LONG_NOTE = 40;

/** A shape with its name; of a state also how many trials of it the filter leaves. A click on it hides the state. */
export type LegendEntry = readonly [
  shape: StateShape,
  text: string,
  facts?: { readonly state: FilterState; readonly count: number; readonly isHidden: boolean },
];

/** The ends of a scale of colours, and what it is a scale of. */
export interface ColourScale {
  readonly least: string;
  readonly most: string;
  readonly title: string;
  readonly kind: 'density' | 'layers' | 'shades' | 'colours';
}

/** The line over a chart: title, legend or a choice, explanation, switches. */
export class FigureHeading {
  readonly root: HTMLElement;
  /** Place at the right of the title: legend or a choice. */
  readonly extras = element('div', { class: 'figure-extras' });
  /** Place after the note: switches. */
  readonly controls = element('div', { class: 'figure-controls' });
  readonly #title: HTMLElement;
  readonly #note = element('p', { class: 'figure-note' });
  readonly #legend = element('div', { class: 'figure-extras' });
  /** What the colours of a density or of shades stand for. */
  readonly #least = element('span');
  readonly #most = element('span');
  readonly #scale = element(
    'span',
    { class: 'scale', role: 'img', hidden: true },
    this.#least,
    element('span', { class: 'scale-bar' }),
    this.#most,
  );
  #legendKey = '[]';
  readonly #hideTitle: (text: string) => string;

  constructor(id: string, hideTitle: (text: string) => string = String, onLegend?: (state: FilterState) => void) {
    this.#hideTitle = hideTitle;
    this.#legend.addEventListener('click', (event) => {
      const state = (event.target as Element).closest<HTMLElement>('button')?.dataset['state'];
      if (state !== undefined) onLegend?.(state as FilterState);
    });
    this.#title = element('h2', { id: `${id}-title` });
    this.root = element(
      'div',
      { class: 'figure-top' },
      element('div', { class: 'figure-heading' }, this.#title, this.extras, this.#legend, this.#scale, this.#note),
      this.controls,
    );
  }

  setTitle(text: string): void {
    setText(this.#title, text);
  }

  setNote(text: string): void {
    setText(this.#note, text);
    this.#note.title = text;
    this.#note.classList.toggle('is-long', text.length > LONG_NOTE);
  }

  /** The shapes that occur, with their names. */
  setLegend(entries: readonly LegendEntry[]): void {
    const key = JSON.stringify(entries);
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    const focused = this.#legend.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset['state']
      : undefined;
    const items = entries.map(([shape, text, facts]) => {
      const name = element('span', { class: 'legend-name' }, text);
      if (!facts) return element('span', { class: 'legend-item' }, stateIcon(shape), name);
      const button = element('button', {
        type: 'button',
        class: 'legend-item',
        'data-state': facts.state,
        'aria-pressed': String(!facts.isHidden),
        title: this.#hideTitle(text),
      });
      button.append(stateIcon(shape), element('span', {}, formatCount(facts.count)), name);
      return button;
    });
    this.#legend.replaceChildren(...items);
    if (focused) this.#legend.querySelector<HTMLElement>(`[data-state="${focused}"]`)?.focus();
  }

  /** `title` says what is counted; null: nothing is drawn by its count. */
  setScale(scale: ColourScale | null): void {
    this.#scale.hidden = scale === null;
    if (!scale) return;
    setText(this.#least, scale.least);
    setText(this.#most, scale.most);
    this.#scale.title = scale.title;
    this.#scale.setAttribute('aria-label', scale.title);
    this.#scale.dataset['kind'] = scale.kind;
  }
}
