/** The panel's elements and how they are put together; app.ts says what they show. */
import type { PanelAction } from '../src/protocol/panel.ts';
import { type BoardOptions, ChartBoard } from './charts/chartBoard.ts';
import { Detail } from './detail.ts';
import { FilterBar } from './filter/filterBar.ts';
import { Header } from './header.ts';
import { Table } from './table/table.ts';
import type { TableSort } from './table/tableModel.ts';
import { element, setText } from './ui/dom.ts';
import type { Translate } from './ui/strings.ts';
import { Tooltip, type TooltipLine } from './ui/tooltip.ts';

export interface ViewOptions extends Omit<BoardOptions, 'tooltip'> {
  readonly onAction: (action: PanelAction, number: number | null) => void;
  readonly onSort: (sort: TableSort) => void;
  readonly onScroll: () => void;
  readonly onFilter: (texts: readonly string[]) => void;
  readonly describe: (number: number) => { title: string; lines: readonly TooltipLine[] };
}

export class View {
  readonly header: Header;
  readonly filter: FilterBar;
  readonly board: ChartBoard;
  readonly table: Table;
  readonly detail: Detail;
  readonly body: HTMLElement;
  readonly #tableNote = element('p', { class: 'figure-note' });
  readonly #loading: HTMLElement;
  readonly #trials = element('section', { class: 'trials' });
  readonly #live = element('p', { class: 'visually-hidden', role: 'status' });
  readonly #t: Translate;

  constructor(root: HTMLElement, options: ViewOptions) {
    const { t, onAction, onSelect, onSort, onScroll } = options;
    this.#t = t;
    const tooltip = new Tooltip(options.describe);
    this.header = new Header(t, (action) => onAction(action, null), onSelect);
    this.filter = new FilterBar({
      t,
      columns: () => options.scene()?.columns ?? [],
      length: () => options.scene()?.model.length ?? 0,
      onChange: options.onFilter,
    });
    this.board = new ChartBoard({ ...options, tooltip });
    this.table = new Table({ label: t('trialsLabel'), onSelect, onSort, onScroll });
    this.detail = new Detail({ t, onAction, onClear: () => onSelect(null) });
    this.#loading = element('p', { class: 'loading' }, t('loading'));
    this.body = this.#layout();
    this.body.addEventListener('scroll', onScroll);
    window.addEventListener('keydown', (event) => {
      tooltip.hide();
      if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      this.filter.focus();
    });
    root.replaceChildren(this.#loading, this.header.root, this.filter.root, this.body, tooltip.root, this.#live);
    this.setReady(false);
  }

  #layout(): HTMLElement {
    const heading = element('div', { class: 'figure-heading' }, element('h2', {}, this.#t('trials')), this.#tableNote);
    this.#trials.append(heading, this.table.root);
    return element('div', { class: 'body' }, this.board.root, this.detail.root, this.#trials);
  }

  /** Before the first snapshot there is one sentence and nothing else. */
  setReady(isReady: boolean): void {
    this.#loading.hidden = isReady;
    this.header.root.hidden = !isReady;
    this.filter.root.hidden = !isReady;
    this.body.hidden = !isReady;
  }

  /** Without a trial one sentence is enough. */
  setEmpty(isEmpty: boolean): void {
    this.#trials.hidden = isEmpty;
    this.filter.root.hidden = isEmpty;
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
}
