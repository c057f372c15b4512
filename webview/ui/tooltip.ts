import { element } from './dom.ts';

export interface TooltipLine {
  readonly name: string;
  readonly text: string;
}

/** What the box says of a place that is no single trial; another key is another place. */
export interface TooltipText {
  readonly key: string;
  readonly title: string;
  readonly lines: readonly TooltipLine[];
}

/** One small box that follows the pointer. Hidden from screen readers: the side column says the same. */
export class Tooltip {
  readonly root = element('div', { class: 'tooltip', hidden: true, 'aria-hidden': 'true' });
  readonly #describe: (number: number) => { title: string; lines: readonly TooltipLine[] };
  #shown: number | string | null = null;

  constructor(describe: (number: number) => { title: string; lines: readonly TooltipLine[] }) {
    this.#describe = describe;
  }

  /** Of a trial or of a place; `x` and `y` are pixels of the window. */
  show(what: number | TooltipText, x: number, y: number): void {
    const key = typeof what === 'number' ? what : what.key;
    if (this.#shown !== key) {
      const { title, lines } = typeof what === 'number' ? this.#describe(what) : what;
      const rows = lines.map(({ name, text }) =>
        element('div', { class: 'tooltip-row' }, element('span', {}, name), element('span', {}, text)),
      );
      this.root.replaceChildren(element('div', { class: 'tooltip-title' }, title), ...rows);
      this.#shown = key;
    }
    this.root.hidden = false;
    const { offsetWidth, offsetHeight } = this.root;
    const left = x + 14 + offsetWidth > window.innerWidth ? x - 14 - offsetWidth : x + 14;
    const top = Math.min(y + 14, window.innerHeight - offsetHeight - 4);
    this.root.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }

  hide(): void {
    this.root.hidden = true;
    this.#shown = null;
  }
}
