/** Two to eight trials beside each other: only what differs, and their curves over each other. */

import type { ValueFormat } from '../src/core/text/numbers.ts';
import type { TrialModel } from './model/model.ts';
import { type TableColumn, tableColumns } from './table/tableModel.ts';
import { element, setText, svgElement } from './ui/dom.ts';
import type { Translate } from './ui/strings.ts';

export const MOST_COMPARED = 8;

export interface Comparison {
  readonly numbers: readonly number[];
  /** What differs: a text a trial. */
  readonly different: readonly { readonly label: string; readonly texts: readonly string[] }[];
  /** What is the same in all, as `name value`. */
  readonly same: readonly string[];
}

/** `columns`: all of the table, hidden ones too. What no trial has is left out. */
export function compareTrials(numbers: readonly number[], columns: readonly TableColumn[]): Comparison {
  const different: Comparison['different'][number][] = [];
  const same: string[] = [];
  for (const { key, label, exact, text } of columns) {
    if (key === 'trial' || key === 'start') continue;
    const values = numbers.map(exact);
    if (values.every((value) => value === null)) continue;
    const isSame = values.every((value) => Object.is(value, values[0]));
    if (isSame) same.push(`${label} ${text(numbers[0] as number)}`);
    else different.push({ label, texts: numbers.map(text) });
  }
  return { numbers, different, same };
}

export interface CompareOptions {
  readonly t: Translate;
  readonly onClear: () => void;
  readonly onSelect: (number: number) => void;
  readonly onRunAgain: (model: TrialModel, numbers: readonly number[], from: HTMLElement) => void;
}

export class Compare {
  readonly root: HTMLElement;
  readonly #options: CompareOptions;
  readonly #title = element('h2', { class: 'compare-title' });
  readonly #note = element('p', { class: 'muted' });
  readonly #table = element('table', { class: 'compare-table' });
  readonly #scroll = element('div', { class: 'compare-scroll' });
  readonly #same = element('p', { class: 'muted compare-same' });
  readonly #curves = element('div');
  readonly #again: HTMLButtonElement;
  #key = '';
  #shown: { readonly model: TrialModel; readonly marked: readonly number[] } | undefined;

  constructor(options: CompareOptions) {
    this.#options = options;
    const { t } = options;
    const close = element('button', { type: 'button', class: 'link compare-close', title: t('compareEnd') }, '×');
    close.setAttribute('aria-label', t('compareEnd'));
    close.addEventListener('click', options.onClear);
    const heading = element('div', { class: 'detail-heading compare-heading' }, this.#title, close);
    this.#again = element(
      'button',
      { type: 'button', class: 'secondary', 'data-action': 'enqueueMarked' },
      t('runAgainEdits'),
    );
    this.#again.addEventListener('click', () => {
      if (this.#shown) options.onRunAgain(this.#shown.model, this.#shown.marked, this.#again);
    });
    this.root = element(
      'div',
      { class: 'compare', hidden: true },
      heading,
      this.#note,
      this.#scroll,
      this.#same,
      this.#curves,
      element('div', { class: 'actions' }, this.#again),
    );
  }

  /** Shown for two trials or more; of more than eight the first ones. */
  update(
    model: TrialModel,
    marked: readonly number[],
    metrics: readonly string[],
    formats: readonly ValueFormat[],
    canEnqueue: boolean,
  ): void {
    this.#shown = { model, marked };
    this.#again.hidden = !canEnqueue;
    const numbers = marked.slice(0, MOST_COMPARED);
    this.root.hidden = numbers.length < 2;
    if (this.root.hidden) {
      this.#scroll.replaceChildren();
      this.#key = '';
      return;
    }
    const { t } = this.#options;
    const { different, same } = compareTrials(numbers, tableColumns(model, metrics, formats, t));
    const lengths = numbers.map((number) => model.curves.length(number));
    const key = JSON.stringify([numbers, different, same, lengths, marked.length]);
    if (key === this.#key) return;
    this.#key = key;
    this.#scroll.replaceChildren(this.#table);
    setText(this.#title, t('compareTitle', { count: numbers.length }));
    setText(this.#note, marked.length > numbers.length ? t('compareMost', { most: MOST_COMPARED }) : '');
    this.#table.replaceChildren(
      element('thead', {}, element('tr', {}, element('th'), ...numbers.map((number, at) => this.#head(number, at)))),
      element(
        'tbody',
        {},
        ...different.map(({ label, texts }) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row', title: label }, label),
            ...texts.map((text) => element('td', { class: 'number', title: text }, text)),
          ),
        ),
      ),
    );
    setText(this.#same, same.length === 0 ? '' : t('compareSame', { values: same.join(', ') }));
    this.#drawCurves(model, numbers, metrics[0] ?? '');
  }

  #head(number: number, at: number): HTMLElement {
    const button = element('button', { type: 'button', class: 'link' });
    button.append(dash(at), `#${number}`);
    button.addEventListener('click', () => this.#options.onSelect(number));
    return element('th', { scope: 'col', class: 'number' }, button);
  }

  #drawCurves(model: TrialModel, numbers: readonly number[], metric: string): void {
    const points = numbers.map((number) =>
      Array.from({ length: model.curves.length(number) }, (_, index) => [
        model.curves.step(number, index),
        model.curves.value(number, index),
      ]).filter((point): point is [number, number] => point.every(Number.isFinite)),
    );
    const all = points.flat();
    if (points.filter((curve) => curve.length > 1).length < 2) {
      this.#curves.replaceChildren();
      return;
    }
    const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const place = ([x, y]: [number, number]) =>
      `${((x - left) / (right - left || 1)) * 100},${40 - ((y - low) / (high - low || 1)) * 38 - 1}`;
    const label = this.#options.t('compareCurves', { metric, first: left, last: right });
    const picture = svgElement(
      'svg',
      { class: 'compare-curves', viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      ...points.map((curve, at) =>
        svgElement('polyline', { class: `compare-line line-${at}`, points: curve.map(place).join(' ') }),
      ),
    );
    this.#curves.replaceChildren(element('p', { class: 'muted' }, label), picture);
  }
}

function dash(at: number): SVGElement {
  const line = svgElement('path', { class: `compare-line line-${at}`, d: 'M0 6h18' });
  return svgElement('svg', { class: 'icon compare-dash', viewBox: '0 0 18 12', 'aria-hidden': 'true' }, line);
}
