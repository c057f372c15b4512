import { element, setText } from './dom.ts';
import { type StateShape, stateIcon } from './icons.ts';

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
  #legendKey = '[]';

  constructor(id: string) {
    this.#title = element('h2', { id: `${id}-title` });
    this.root = element(
      'div',
      { class: 'figure-heading' },
      this.#title,
      this.extras,
      this.#legend,
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
  }

  /** The shapes that occur, with their names. */
  setLegend(entries: readonly (readonly [StateShape, string])[]): void {
    const key = JSON.stringify(entries);
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    const items = entries.map(([shape, text]) => element('span', { class: 'legend-item' }, stateIcon(shape), text));
    this.#legend.replaceChildren(...items);
  }
}
