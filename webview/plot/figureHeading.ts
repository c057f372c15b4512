import { element, setText } from '../ui/dom.ts';
import { type StateShape, stateIcon } from '../ui/icons.ts';

/** Characters of a note that gets a line of its own where the heading is narrow. */
const LONG_NOTE = 40;

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
  /** How often a colour of a density stands for: from one to the most. */
  readonly #most = element('span');
  readonly #scale = element(
    'span',
    { class: 'scale', role: 'img', hidden: true },
    element('span', {}, '1'),
    element('span', { class: 'scale-bar' }),
    this.#most,
  );
  #legendKey = '[]';

  constructor(id: string) {
    this.#title = element('h2', { id: `${id}-title` });
    this.root = element(
      'div',
      { class: 'figure-heading' },
      this.#title,
      this.extras,
      this.#legend,
      this.#scale,
      this.#note,
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
  setLegend(entries: readonly (readonly [StateShape, string])[]): void {
    const key = JSON.stringify(entries);
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    const items = entries.map(([shape, text]) => element('span', { class: 'legend-item' }, stateIcon(shape), text));
    this.#legend.replaceChildren(...items);
  }

  /** `title` says what is counted; null: nothing is drawn by its count. */
  setScale(scale: { readonly most: string; readonly title: string; readonly hasLayers: boolean } | null): void {
    this.#scale.hidden = scale === null;
    if (!scale) return;
    setText(this.#most, scale.most);
    this.#scale.title = scale.title;
    this.#scale.setAttribute('aria-label', scale.title);
    this.#scale.classList.toggle('has-layers', scale.hasLayers);
  }
}
