/** The panel's elements and how they are put together; app.ts says what they show. */
import type { PanelAction, PanelAsk, PanelOrder } from '../src/protocol/panel.ts';
import type { Tab } from './board/arrangement.ts';
import { type BoardOptions, ChartBoard } from './board/chartBoard.ts';
import { TabBar } from './board/tabBar.ts';
import { Detail } from './detail.ts';
import { nameText } from './filter/condition.ts';
import { FilterBar } from './filter/filterBar.ts';
import { Header } from './header.ts';
import { StudyList } from './studies/studyList.ts';
import { Table } from './table/table.ts';
import type { TableLayout, TableSort } from './table/tableModel.ts';
import { TableTools } from './table/tableTools.ts';
import { element, setText } from './ui/dom.ts';
import type { MenuItem } from './ui/menu.ts';
import { Tooltip, type TooltipLine } from './ui/tooltip.ts';

export interface ViewOptions extends Omit<BoardOptions, 'tooltip'> {
  readonly onAction: (action: PanelAction, number: number | null) => void;
  readonly onOrder: (order: PanelOrder) => void;
  readonly onAsk: (ask: PanelAsk) => void;
  readonly onLink: (link: number) => void;
  readonly onArtifact: (number: number, name: string, opens: boolean) => void;
  readonly onSort: (sorts: readonly TableSort[]) => void;
  readonly onLayout: (layout: TableLayout) => void;
  readonly onMark: (numbers: readonly number[]) => void;
  readonly onCopy: (text: string) => void;
  readonly onSave: (extension: string, text: string) => void;
  readonly onScroll: () => void;
  /** A person wants to compare more studies, or without one. */
  readonly onAddStudies: () => void;
  readonly onRemoveStudy: (id: string) => void;
  readonly viewMenu: () => readonly MenuItem[];
  readonly onFilter: (texts: readonly string[]) => void;
  readonly describe: (number: number) => { title: string; lines: readonly TooltipLine[] };
}

export class View {
  readonly header: Header;
  readonly filter: FilterBar;
  readonly board: ChartBoard;
  readonly tabs: TabBar;
  readonly table: Table;
  readonly tools: TableTools;
  readonly detail: Detail;
  readonly studies: StudyList;
  readonly body: HTMLElement;
  readonly #loading: HTMLElement;
  readonly #trials = element('section', { class: 'trials' });
  readonly #live = element('p', { class: 'visually-hidden', role: 'status' });

  constructor(root: HTMLElement, options: ViewOptions) {
    const { t, onAction, onSelect, onScroll } = options;
    const tooltip = new Tooltip(options.describe);
    this.header = new Header(t, {
      onAction: (action) => onAction(action, null),
      onOrder: options.onOrder,
      onSelect,
      onAsk: options.onAsk,
    });
    this.filter = new FilterBar({
      t,
      columns: () => options.scene()?.columns ?? [],
      length: () => options.scene()?.model.length ?? 0,
      onChange: options.onFilter,
    });
    this.board = new ChartBoard({ ...options, tooltip });
    this.tabs = new TabBar({
      t,
      onTab: (tab) => options.onChoose({ tab }),
      chartMenu: () => this.board.menu(),
      viewMenu: options.viewMenu,
    });
    this.studies = new StudyList({ ...options, onAdd: options.onAddStudies, onRemove: options.onRemoveStudy });
    this.tools = new TableTools({
      ...options,
      table: () => this.table,
      onFilterBy: ({ label }) => this.filter.begin(`${nameText(label)} `),
    });
    this.table = new Table({
      ...options,
      label: t('trialsLabel'),
      onMenu: (column, from, at) => this.tools.openColumnMenu(column, from, at),
      onCopy: () => this.tools.copy(),
      onNews: (count) => this.tools.showNews(count),
    });
    this.detail = new Detail({
      t,
      onAction,
      onClear: () => {
        onSelect(null);
        this.#closeSide();
      },
      onUnmark: () => {
        options.onMark([]);
        if (options.scene()?.choices.selected === null) this.#closeSide();
      },
      onSelect,
      onAsk: options.onAsk,
      onLink: options.onLink,
      onArtifact: options.onArtifact,
    });
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
    root.replaceChildren(
      this.#loading,
      this.header.root,
      this.filter.root,
      this.tabs.root,
      this.body,
      tooltip.root,
      this.#live,
    );
    this.#closeSide();
    // Rows that come into sight, with a tab or a wider panel, are made.
    new ResizeObserver(() => this.table.resize()).observe(this.table.root);
    this.setReady(false);
  }

  #layout(): HTMLElement {
    this.#trials.append(this.tools.root, this.table.root);
    return element('div', { class: 'body' }, this.studies.root, this.board.root, this.detail.root, this.#trials);
  }

  /** Before the first snapshot there is one sentence and nothing else. */
  setReady(isReady: boolean): void {
    this.#loading.hidden = isReady;
    this.header.root.hidden = !isReady;
    this.filter.root.hidden = !isReady;
    this.tabs.root.hidden = !isReady;
    this.body.hidden = !isReady;
  }

  showTab(tab: Tab, shown: ReadonlySet<Tab>): void {
    this.tabs.update(tab, shown);
    this.body.dataset['tab'] = tab;
  }

  /** It stays when a selection ends: charts that change their width under the pointer would be another trap. */
  openSide(): void {
    this.detail.root.hidden = false;
  }

  #closeSide(): void {
    this.detail.root.hidden = true;
  }

  /** Without a trial one sentence is enough. */
  setEmpty(isEmpty: boolean): void {
    this.#trials.hidden = isEmpty;
    this.filter.root.hidden = isEmpty;
    this.tabs.root.hidden = isEmpty;
    this.body.classList.toggle('is-empty', isEmpty);
  }

  showGone(message: string): void {
    if (this.body.hidden) setText(this.#loading, message);
    else this.header.showMessage(message, true);
  }

  announce(text: string): void {
    setText(this.#live, text);
  }
}
