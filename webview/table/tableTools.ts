/** The line over the table, its menus, and what leaves it: copies and exports. */
import { element, setText } from '../ui/dom.ts';
import { formatCount } from '../ui/format.ts';
import { type MenuItem, openMenu } from '../ui/menu.ts';
import type { Translate } from '../ui/strings.ts';
import { clipboardTable, EXTENSION, exportTable, FORMATS, type TableFormat } from './exportTable.ts';
import type { Table, TableContent } from './table.ts';
import {
  isShown,
  movedBefore,
  PLAIN_LAYOUT,
  type TableColumn,
  type TableLayout,
  type TableSort,
} from './tableModel.ts';

const FORMAT_NAMES: Readonly<Record<TableFormat, string>> = {
  csv: 'CSV',
  json: 'JSON',
  markdown: 'Markdown',
  latex: 'LaTeX',
};

export interface TableToolsOptions {
  readonly t: Translate;
  readonly table: () => Table;
  readonly onLayout: (layout: TableLayout) => void;
  readonly onSort: (sorts: readonly TableSort[]) => void;
  /** A condition about a column is wanted. */
  readonly onFilterBy: (column: TableColumn) => void;
  readonly onCopy: (text: string) => void;
  readonly onSave: (extension: string, text: string) => void;
}

export class TableTools {
  readonly root: HTMLElement;
  readonly #options: TableToolsOptions;
  readonly #note = element('p', { class: 'figure-note' });
  readonly #news = element('button', { type: 'button', class: 'primary news', hidden: true });
  readonly #marked = element('span', { class: 'muted', hidden: true });
  #content: TableContent | null = null;
  /** Hidden ones too. */
  #all: readonly TableColumn[] = [];

  constructor(options: TableToolsOptions) {
    this.#options = options;
    const { t } = options;
    const button = (text: string, onClick: (from: HTMLElement) => void) => {
      const made = element('button', { type: 'button', class: 'link tool' }, text);
      made.addEventListener('click', () => onClick(made));
      return made;
    };
    this.#news.addEventListener('click', () => options.table().showNews());
    this.root = element(
      'div',
      { class: 'figure-heading table-tools' },
      element('h2', {}, t('trials')),
      this.#news,
      this.#note,
      this.#marked,
      button(t('columns'), (from) => openMenu(from, () => this.#columnItems())),
      button(t('copyRows'), () => this.copy()),
      button(t('exportRows'), (from) => openMenu(from, () => this.#exportItems())),
    );
  }

  update(content: TableContent, all: readonly TableColumn[], note: string): void {
    this.#content = content;
    this.#all = all;
    setText(this.#note, note);
    const { length } = content.marked;
    this.#marked.hidden = length === 0;
    setText(this.#marked, this.#options.t('rowsMarked', { count: formatCount(length) }));
  }

  showNews(count: number): void {
    this.#news.hidden = count === 0;
    setText(this.#news, `↑ ${this.#options.t('newRows', { count: formatCount(count) })}`);
  }

  /** Of the chosen rows, or of all that are shown, what is shown. */
  copy(): void {
    const { chosen, order } = this.#options.table();
    const rows = chosen.length > 0 ? chosen : order;
    this.#options.onCopy(clipboardTable(this.#content?.columns ?? [], rows));
  }

  openColumnMenu(column: TableColumn, from: HTMLElement, at: { x: number; y: number }): void {
    openMenu(from, () => this.#itemsOf(column), at);
  }

  #itemsOf(column: TableColumn): MenuItem[] {
    const { t, onSort, onLayout, onFilterBy } = this.#options;
    const { key } = column;
    const { sorts = [], layout = PLAIN_LAYOUT, columns = [] } = this.#content ?? {};
    const isPinned = layout.pinned.includes(key);
    const place = columns.findIndex((one) => one.key === key);
    const move = (before: string | null) => () => onLayout({ ...layout, order: movedBefore(columns, key, before) });
    const pinned = isPinned ? layout.pinned.filter((one) => one !== key) : [...layout.pinned, key];
    const isBesidePinned = layout.pinned.includes(columns[place - 1]?.key ?? '');
    return [
      { text: t('sortAscending'), onClick: () => onSort([{ key, isAscending: true }]) },
      { text: t('sortDescending'), onClick: () => onSort([{ key, isAscending: false }]) },
      ...(sorts.every((sort) => sort.key !== key) && sorts.length > 0
        ? [{ text: t('sortAlso'), onClick: () => onSort([...sorts, { key, isAscending: true }]) }]
        : []),
      { text: t('filterBy'), isFirstOfGroup: true, onClick: () => onFilterBy(column) },
      {
        text: t(isPinned ? 'unpinColumn' : 'pinColumn'),
        isFirstOfGroup: true,
        onClick: () => onLayout({ ...layout, pinned }),
      },
      ...(place > 0 && !isPinned && !isBesidePinned
        ? [{ text: t('moveLeft'), onClick: move(columns[place - 1]?.key ?? null) }]
        : []),
      ...(place < columns.length - 1 && !isPinned
        ? [{ text: t('moveRight'), onClick: move(columns[place + 2]?.key ?? null) }]
        : []),
      ...(key === 'trial' ? [] : [{ text: t('hideColumn'), onClick: () => onLayout(switched(layout, column)) }]),
    ];
  }

  #columnItems(): MenuItem[] {
    const { t, onLayout } = this.#options;
    const layout = this.#content?.layout ?? PLAIN_LAYOUT;
    return [
      ...this.#all
        .filter(({ key }) => key !== 'trial')
        .map((column) => ({
          text: column.label,
          isOn: isShown(column, layout),
          onClick: () => onLayout(switched(this.#content?.layout ?? PLAIN_LAYOUT, column)),
        })),
      { text: t('resetColumns'), isFirstOfGroup: true, onClick: () => onLayout(PLAIN_LAYOUT) },
    ];
  }

  #exportItems(): MenuItem[] {
    const { t, onSave, table } = this.#options;
    const item = (format: TableFormat, isAll: boolean, isFirstOfGroup: boolean): MenuItem => ({
      text: t(isAll ? 'exportAll' : 'exportShown', { format: FORMAT_NAMES[format] }),
      isFirstOfGroup,
      onClick: () => {
        const { columns = [], model } = this.#content ?? {};
        const rows = isAll ? Array.from({ length: model?.length ?? 0 }, (_, number) => number) : table().order;
        onSave(EXTENSION[format], exportTable(isAll ? this.#all : columns, rows, format));
      },
    });
    return [false, true].flatMap((isAll) => FORMATS.map((format, at) => item(format, isAll, isAll && at === 0)));
  }
}

function switched(layout: TableLayout, column: TableColumn): TableLayout {
  const { key, isExtra } = column;
  const list = isExtra ? 'shown' : 'hidden';
  const keys = layout[list];
  return { ...layout, [list]: keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key] };
}
