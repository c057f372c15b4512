/** The panel's elements and how they are put together; app.ts says what they show. */
import type { PanelAction } from '../src/protocol/panel.ts';
import { Detail } from './detail.ts';
import { element, setText } from './dom.ts';
import { Figure } from './figure.ts';
import { Header } from './header.ts';
import { type StateShape, stateIcon } from './icons.ts';
import type { Translate } from './strings.ts';
import { Table } from './table.ts';
import type { TableSort } from './tableModel.ts';
import type { Theme } from './theme.ts';
import { Tooltip, type TooltipLine } from './tooltip.ts';

export interface ViewEvents {
  readonly onAction: (action: PanelAction, number: number | null) => void;
  readonly onSelect: (number: number | null) => void;
  readonly onSort: (sort: TableSort) => void;
  readonly onScroll: () => void;
  readonly onLog: () => void;
  readonly onObjective: (objective: number) => void;
  readonly onParameter: (name: string) => void;
  readonly describe: (number: number) => { title: string; lines: readonly TooltipLine[] };
}

export class View {
  readonly header: Header;
  readonly history: Figure;
  readonly curves: Figure;
  readonly parameter: Figure;
  readonly table: Table;
  readonly detail: Detail;
  readonly body: HTMLElement;
  readonly #objectives: HTMLSelectElement;
  readonly #parameters: HTMLSelectElement;
  readonly #log: HTMLButtonElement;
  readonly #tableNote = element('p', { class: 'figure-note' });
  readonly #loading: HTMLElement;
  readonly #pair = element('div', { class: 'pair' });
  readonly #trials = element('section', { class: 'trials' });
  readonly #live = element('p', { class: 'visually-hidden', role: 'status' });
  readonly #t: Translate;
  #legendKey = '';

  constructor(root: HTMLElement, t: Translate, theme: Theme, events: ViewEvents) {
    this.#t = t;
    const tooltip = new Tooltip(events.describe);
    const figure = (id: string) =>
      new Figure({ id, theme, tooltip, keysHint: t('keysHint'), onSelect: events.onSelect });
    this.header = new Header(t, (action) => events.onAction(action, null), events.onSelect);
    this.history = figure('history');
    this.curves = figure('curves');
    this.parameter = figure('parameter');
    this.#objectives = choice(t('objective'), (value) => events.onObjective(Number(value)));
    this.#parameters = choice(t('parameter'), events.onParameter);
    this.#log = element('button', {
      type: 'button',
      class: 'toggle',
      title: t('logScaleTitle'),
      'aria-label': t('logScaleTitle'),
    });
    setText(this.#log, t('logScale'));
    this.#log.addEventListener('click', events.onLog);
    this.history.controls.append(this.#objectives, this.#log);
    this.parameter.extras.append(this.#parameters);
    this.curves.setTitle(t('learningCurves'));
    this.parameter.setTitle(t('parameter'));
    this.table = new Table({
      label: t('trialsLabel'),
      onSelect: events.onSelect,
      onSort: events.onSort,
      onScroll: events.onScroll,
    });
    this.detail = new Detail({ t, onAction: events.onAction, onClear: () => events.onSelect(null) });
    this.#loading = element('p', { class: 'loading' }, t('loading'));
    this.body = this.#layout();
    this.body.addEventListener('scroll', events.onScroll);
    window.addEventListener('keydown', () => tooltip.hide());
    root.replaceChildren(this.#loading, this.header.root, this.body, tooltip.root, this.#live);
    this.setReady(false);
  }

  #layout(): HTMLElement {
    const heading = element('div', { class: 'figure-heading' }, element('h2', {}, this.#t('trials')), this.#tableNote);
    this.#pair.append(this.curves.root, this.parameter.root);
    this.#trials.append(heading, this.table.root);
    const charts = element('main', { class: 'charts' }, this.history.root, this.#pair);
    return element('div', { class: 'body' }, charts, this.detail.root, this.#trials);
  }

  /** Before the first snapshot there is one sentence and nothing else. */
  setReady(isReady: boolean): void {
    this.#loading.hidden = isReady;
    this.header.root.hidden = !isReady;
    this.body.hidden = !isReady;
  }

  /** Without a trial one sentence is enough. */
  setEmpty(isEmpty: boolean): void {
    this.#pair.hidden = isEmpty;
    this.#trials.hidden = isEmpty;
  }

  showGone(message: string): void {
    if (this.body.hidden) setText(this.#loading, message);
    else this.header.showMessage(message, true);
  }

  announce(text: string): void {
    setText(this.#live, text);
  }

  setTableNote(text: string): void {
    setText(this.#tableNote, text);
  }

  /** Shows the log switch only where it can work. */
  setLog(isPossible: boolean, isOn: boolean): void {
    this.#log.hidden = !isPossible;
    this.#log.setAttribute('aria-pressed', String(isOn));
  }

  setObjectives(names: readonly string[], chosen: number): void {
    this.#objectives.hidden = names.length < 2;
    fillChoice(
      this.#objectives,
      names.map((name, index) => [String(index), name] as const),
      String(chosen),
    );
  }

  setParameters(names: readonly string[], chosen: string | null): void {
    this.#parameters.hidden = names.length === 0;
    fillChoice(
      this.#parameters,
      names.map((name) => [name, name] as const),
      chosen ?? '',
    );
  }

  /** The shapes that occur, with their names. */
  setLegend(entries: readonly (readonly [StateShape, string])[]): void {
    const key = JSON.stringify(entries);
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    const items = entries.map(([shape, text]) => element('span', { class: 'legend-item' }, stateIcon(shape), text));
    this.history.extras.replaceChildren(...items);
  }
}

function choice(label: string, onChange: (value: string) => void): HTMLSelectElement {
  const select = element('select', { 'aria-label': label, title: label });
  select.addEventListener('change', () => onChange(select.value));
  return select;
}

function fillChoice(select: HTMLSelectElement, options: readonly (readonly [string, string])[], chosen: string): void {
  const key = JSON.stringify(options);
  if (select.dataset['key'] !== key) {
    select.dataset['key'] = key;
    select.replaceChildren(...options.map(([value, text]) => element('option', { value }, text)));
  }
  if (select.value !== chosen) select.value = chosen;
}
