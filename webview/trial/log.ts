/** What a trial printed, as it comes: its end is followed until a person scrolls away. */
import type { PanelText } from '../../src/protocol/panel.ts';
import { element, setText } from '../ui/dom.ts';
import type { PanelName, Translate } from '../ui/strings.ts';

export interface LogOptions {
  readonly t: Translate;
  readonly title: PanelName;
  /** Opens a place that the text names. */
  readonly onLink: (link: number) => void;
  /** Opens the whole text; left out where there is no more. */
  readonly onOpen?: () => void;
}

/** So near to its end it counts as there, in pixels. */
const END = 8;

export class LogView {
  readonly root: HTMLElement;
  readonly #options: LogOptions;
  readonly #text = element('pre', { class: 'log-text', tabindex: 0 });
  readonly #note = element('span', { class: 'muted' });
  readonly #follow = element('button', { type: 'button', class: 'link log-follow', hidden: true });
  #shown = '';
  #number: number | null = null;
  #isFollowing = true;

  constructor(options: LogOptions) {
    this.#options = options;
    const { t, title, onOpen } = options;
    setText(this.#follow, t('followLog'));
    this.#follow.addEventListener('click', () => {
      this.#setFollowing(true);
      this.#toEnd();
    });
    this.#text.setAttribute('aria-label', t(title));
    this.#text.addEventListener('scroll', () => this.#setFollowing(this.#isAtEnd()));
    const open = element('button', { type: 'button', class: 'link log-open', hidden: !onOpen }, t('openLog'));
    if (onOpen) open.addEventListener('click', onOpen);
    const heading = element(
      'div',
      { class: 'log-heading' },
      element('h3', {}, t(title)),
      this.#note,
      this.#follow,
      open,
    );
    this.root = element('section', { class: 'log', hidden: true }, heading, this.#text);
  }

  /** Another trial is shown from its end. */
  update(number: number, log: PanelText | null): void {
    this.root.hidden = log === null || log.text === '';
    if (!log || this.root.hidden) return;
    const isOther = number !== this.#number;
    this.#number = number;
    const key = JSON.stringify(log);
    if (!isOther && key === this.#shown) return;
    this.#shown = key;
    this.#setFollowing(isOther || this.#isAtEnd());
    const kept = this.#text.scrollTop;
    setText(this.#note, log.isEnd ? this.#options.t('lastLines') : '');
    this.#text.replaceChildren(...this.#parts(log));
    if (this.#isFollowing) this.#toEnd();
    else this.#text.scrollTop = kept;
  }

  #parts({ text, links }: PanelText): (Node | string)[] {
    const parts: (Node | string)[] = [];
    let from = 0;
    for (const { start, end, link } of links) {
      if (start < from) continue;
      const opens = element('button', { type: 'button', class: 'link log-link' }, text.slice(start, end));
      opens.addEventListener('click', () => this.#options.onLink(link));
      parts.push(text.slice(from, start), opens);
      from = end;
    }
    parts.push(text.slice(from));
    return parts;
  }

  #isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.#text;
    return scrollTop + clientHeight >= scrollHeight - END;
  }

  #toEnd(): void {
    this.#text.scrollTop = this.#text.scrollHeight;
  }

  #setFollowing(isFollowing: boolean): void {
    this.#isFollowing = isFollowing;
    this.#follow.hidden = isFollowing;
  }
}
