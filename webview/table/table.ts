/** The table of all trials: a real table of which only the visible rows exist. */

import type { Selection } from '../filter/crossfilter.ts';
import type { TrialModel } from '../model/model.ts';
import { element, setText } from '../ui/dom.ts';
import { type StateShape, stateIcon } from '../ui/icons.ts';
import { compareBy, sortTrials, stateKey, type TableColumn, type TableSort, updateOrder } from './tableModel.ts';

/** Pixels; panel.css gives every row this height. */
export const ROW_HEIGHT = 24;
const OVERSCAN = 8;
/** Characters of a heading after which it is cut; its title says it whole. */
const WIDEST_LABEL = 17;

export interface TableOptions {
  readonly label: string;
  readonly onSelect: (number: number) => void;
  readonly onSort: (sort: TableSort) => void;
  readonly onScroll: () => void;
}

export class Table {
  readonly root: HTMLElement;
  readonly #head = element('tr', { 'aria-rowindex': 1 });
  readonly #body = element('tbody');
  readonly #columns = element('colgroup');
  readonly #before = element('tr', { class: 'spacer', 'aria-hidden': 'true' }, element('td'));
  readonly #after = element('tr', { class: 'spacer', 'aria-hidden': 'true' }, element('td'));
  readonly #table: HTMLTableElement;
  readonly #options: TableOptions;
  readonly #rows: HTMLTableRowElement[] = [];
  #model: TrialModel | null = null;
  #shown: readonly TableColumn[] = [];
  #headKey = '';
  #sorted: Uint32Array = new Uint32Array(0);
  /** Of the sorted trials those that the filter leaves. */
  #order: Uint32Array = new Uint32Array(0);
  #sort: TableSort = { key: 'trial', isAscending: true };
  #selected: number | null = null;
  #best: number | null = null;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#table = element(
      'table',
      { role: 'grid', tabindex: 0, 'aria-label': options.label },
      this.#columns,
      element('thead', {}, this.#head),
      this.#body,
    );
    this.root = element('div', { class: 'table-scroll' }, this.#table);
    this.#listen();
  }

  get scrollTop(): number {
    return this.root.scrollTop;
  }

  set scrollTop(top: number) {
    this.root.scrollTop = top;
  }

  /** `changed`: trials that a delta touched; null sorts all anew. */
  update(
    model: TrialModel,
    columns: readonly TableColumn[],
    sort: TableSort,
    changed: readonly number[] | null,
    best: number | null,
    selection: Selection,
  ): void {
    this.#best = best;
    const isResorted = changed === null || sort.key !== this.#sort.key || sort.isAscending !== this.#sort.isAscending;
    this.#model = model;
    this.#shown = columns;
    this.#sort = sort;
    const column = columns.find(({ key }) => key === sort.key) ?? (columns[0] as TableColumn);
    this.#sorted = isResorted
      ? sortTrials(model.length, column, sort.isAscending)
      : updateOrder(this.#sorted, changed, model.length, compareBy(column, sort.isAscending));
    this.#order = selection.isOn ? this.#sorted.filter(selection.has) : this.#sorted;
    this.#renderHead();
    this.#table.setAttribute('aria-rowcount', String(this.#order.length + 1));
    this.#renderRows();
  }

  select(number: number | null): void {
    if (number === this.#selected) return;
    this.#selected = number;
    this.#renderRows();
  }

  /** Renders again after the size of the panel changed. */
  resize(): void {
    this.#renderRows();
  }

  #renderHead(): void {
    const key = JSON.stringify([this.#sort, this.#shown.map((column) => [column.key, column.width, column.label])]);
    if (key === this.#headKey) return;
    const focused = document.activeElement?.getAttribute('data-key');
    this.#headKey = key;
    this.#columns.replaceChildren(...this.#shown.map((column) => this.#columnWidth(column)));
    this.#head.replaceChildren(...this.#shown.map((column) => this.#headCell(column)));
    for (const row of this.#rows) row.remove();
    this.#rows.length = 0;
    if (focused) this.#head.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #columnWidth({ label, width }: TableColumn): HTMLElement {
    const col = element('col');
    col.style.width = `calc(${Math.max(width, Math.min(WIDEST_LABEL, label.length + 2))}ch + 16px)`;
    return col;
  }

  #headCell({ key, label, isText }: TableColumn): HTMLElement {
    const isSorted = key === this.#sort.key;
    const direction = this.#sort.isAscending ? 'ascending' : 'descending';
    const button = element('button', { type: 'button', 'data-key': key, title: label }, element('span', {}, label));
    button.append(
      element('span', { class: 'arrow', 'aria-hidden': 'true' }, isSorted ? (this.#sort.isAscending ? '↑' : '↓') : ''),
    );
    const cell = element('th', { scope: 'col', class: isText ? 'text' : 'number' }, button);
    if (isSorted) cell.setAttribute('aria-sort', direction);
    return cell;
  }

  #renderRows(): void {
    const count = this.#order.length;
    const { scrollTop, clientHeight } = this.root;
    const first = Math.max(0, Math.min(count, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN));
    const last = Math.min(count, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + OVERSCAN);
    setHeight(this.#before, first * ROW_HEIGHT);
    setHeight(this.#after, (count - last) * ROW_HEIGHT);
    while (this.#rows.length < last - first) this.#rows.push(this.#newRow());
    for (let slot = 0; slot < last - first; slot++) this.#fill(this.#rows[slot] as HTMLTableRowElement, first + slot);
    for (const row of this.#rows.splice(last - first)) row.remove();
    if (this.#body.firstChild !== this.#before) this.#body.prepend(this.#before);
    for (const row of this.#rows) if (!row.isConnected || row.parentNode !== this.#body) this.#body.append(row);
    if (this.#body.lastChild !== this.#after) this.#body.append(this.#after);
    this.#markActive();
  }

  #newRow(): HTMLTableRowElement {
    return element('tr', {}, ...this.#shown.map((column) => element('td', { class: cellClass(column) })));
  }

  #fill(row: HTMLTableRowElement, index: number): void {
    const model = this.#model as TrialModel;
    const number = this.#order[index] as number;
    const isSelected = number === this.#selected;
    row.classList.toggle('is-best', number === this.#best || model.front.has(number));
    row.id = `trial-row-${number}`;
    row.dataset['trial'] = String(number);
    row.setAttribute('aria-rowindex', String(index + 2));
    row.setAttribute('aria-selected', String(isSelected));
    for (let column = 0; column < this.#shown.length; column++) {
      const cell = row.cells[column] as HTMLTableCellElement;
      const text = (this.#shown[column] as TableColumn).text(number);
      if (column === 0) this.#fillFirst(cell, shapeOf(model, number), text);
      else setText(cell, text);
    }
  }

  #fillFirst(cell: HTMLTableCellElement, shape: StateShape, text: string): void {
    if (cell.dataset['shape'] !== shape) {
      cell.dataset['shape'] = shape;
      cell.replaceChildren(stateIcon(shape), document.createTextNode(text));
    } else setText(cell.lastChild as Node, text);
  }

  #markActive(): void {
    const id = this.#selected === null ? '' : `trial-row-${this.#selected}`;
    if (id && document.getElementById(id)) this.#table.setAttribute('aria-activedescendant', id);
    else this.#table.removeAttribute('aria-activedescendant');
  }

  #listen(): void {
    this.root.addEventListener('scroll', () => {
      this.#renderRows();
      this.#options.onScroll();
    });
    this.#body.addEventListener('click', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('tr[data-trial]');
      if (row) this.#options.onSelect(Number(row.dataset['trial']));
    });
    this.#head.addEventListener('click', (event) => {
      const key = (event.target as Element).closest<HTMLElement>('button')?.dataset['key'];
      if (key === undefined) return;
      const isAscending = key === this.#sort.key ? !this.#sort.isAscending : true;
      this.#options.onSort({ key, isAscending });
    });
    this.#table.addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.#table || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.root.clientHeight / ROW_HEIGHT) - 2);
    const at = this.#selected === null ? -1 : this.#order.indexOf(this.#selected);
    const last = this.#order.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? last : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    };
    const target = moves[event.key];
    if (target === undefined || last < 0) return;
    event.preventDefault();
    const index = Math.min(last, Math.max(0, target));
    this.#reveal(index);
    this.#options.onSelect(this.#order[index] as number);
  }

  #reveal(index: number): void {
    const top = index * ROW_HEIGHT;
    const room = this.root.clientHeight - ROW_HEIGHT;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + ROW_HEIGHT > this.root.scrollTop + room) this.root.scrollTop = top + ROW_HEIGHT - room;
  }
}

export function shapeOf(model: TrialModel, number: number): StateShape {
  const key = stateKey(model, number);
  if (key === 'interrupted') return 'failed';
  return key === 'complete' && !model.isFeasible(number) ? 'infeasible' : (key as StateShape);
}

function cellClass({ key, isText }: TableColumn): string {
  const side = isText ? 'text' : 'number';
  return key.startsWith('value:') ? `${side} ${key.replace(':', '-')}` : side;
}

function setHeight(row: HTMLTableRowElement, height: number): void {
  row.hidden = height <= 0;
  (row.firstElementChild as HTMLElement).style.height = `${height}px`;
}
