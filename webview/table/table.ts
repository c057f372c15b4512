/** The table of the trials that the filter leaves: a real table of which only the visible rows and columns exist. */
import type { Selection } from '../filter/crossfilter.ts';
import type { TrialModel } from '../model/model.ts';
import { element, setText } from '../ui/dom.ts';
import { type StateShape, stateIcon } from '../ui/icons.ts';
import { TableHead } from './tableHead.ts';
import { stateKey, type TableColumn, type TableLayout, type TableSort } from './tableModel.ts';
import { compareBy, type SortKey, sortTrials, updateOrder } from './tableOrder.ts';

/** Pixels; panel.css gives every row this height. */
export const ROW_HEIGHT = 24;
const OVERSCAN = 8;
/** Pixels beside the visible columns in which columns exist. */
const SIDE_OVERSCAN = 200;

export interface TableOptions {
  readonly label: string;
  readonly onSelect: (number: number) => void;
  /** The trials that actions and the comparison take, in the order in which they were chosen. */
  readonly onMark: (numbers: readonly number[]) => void;
  readonly onSort: (sorts: readonly TableSort[]) => void;
  readonly onLayout: (layout: TableLayout) => void;
  /** The menu of a column is wanted at a place. */
  readonly onMenu: (column: TableColumn, from: HTMLElement, at: { x: number; y: number }) => void;
  readonly onCopy: () => void;
  readonly onScroll: () => void;
  /** How many rows came in above what is seen. */
  readonly onNews: (count: number) => void;
}

/** What the table shows. */
export interface TableContent {
  readonly model: TrialModel;
  readonly columns: readonly TableColumn[];
  readonly layout: TableLayout;
  readonly sorts: readonly TableSort[];
  /** Trials that a delta touched; null sorts all anew. */
  readonly changed: readonly number[] | null;
  readonly best: number | null;
  readonly selection: Selection;
  readonly marked: readonly number[];
  /** All columns: a hidden one may sort. */
  readonly sortColumns?: readonly TableColumn[];
}

export class Table {
  readonly root: HTMLElement;
  readonly #head: TableHead;
  readonly #body = element('tbody');
  readonly #before = element('tr', { class: 'spacer', 'aria-hidden': 'true' }, element('td'));
  readonly #after = element('tr', { class: 'spacer', 'aria-hidden': 'true' }, element('td'));
  readonly #table: HTMLTableElement;
  readonly #options: TableOptions;
  readonly #rows: HTMLTableRowElement[] = [];
  #content: TableContent | null = null;
  /** Columns that exist now: pinned ones and those in sight; null is the room of the others. */
  #drawn: readonly (TableColumn | null)[] = [];
  #sorted: Uint32Array = new Uint32Array(0);
  /** Of the sorted trials those that the filter leaves. */
  #order: Uint32Array = new Uint32Array(0);
  #sortKey = '';
  #selected: number | null = null;
  /** Where a range that Shift chooses begins. */
  #anchor: number | null = null;
  #news = 0;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#head = new TableHead(options);
    this.#table = element(
      'table',
      { role: 'grid', tabindex: 0, 'aria-label': options.label, 'aria-multiselectable': 'true' },
      this.#head.columns,
      element('thead', {}, this.#head.root),
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

  /** The trials of the table from top to bottom. */
  get order(): Uint32Array {
    return this.#order;
  }

  /** What an action on rows takes: marked ones, else the selected one. */
  get chosen(): readonly number[] {
    const { marked = [] } = this.#content ?? {};
    return marked.length > 0 ? marked : this.#selected === null ? [] : [this.#selected];
  }

  update(content: TableContent): void {
    const { model, columns, sorts, changed, selection, sortColumns = columns } = content;
    this.#content = content;
    const byKey = new Map(sortColumns.map((column) => [column.key, column]));
    const keys = sorts.flatMap(({ key, isAscending }): SortKey[] => {
      const column = byKey.get(key);
      return column ? [{ sortValue: column.sortValue, isAscending }] : [];
    });
    const sortKey = JSON.stringify(sorts);
    const isResorted = changed === null || sortKey !== this.#sortKey;
    this.#sortKey = sortKey;
    const before = this.#order;
    const top = Math.floor(this.root.scrollTop / ROW_HEIGHT);
    const held = isResorted || top === 0 ? undefined : before[top];
    this.#sorted = isResorted
      ? sortTrials(model.length, keys)
      : updateOrder(this.#sorted, changed, model.length, compareBy(keys));
    this.#order = selection.isOn ? this.#sorted.filter(selection.has) : this.#sorted;
    this.#table.setAttribute('aria-rowcount', String(this.#order.length + 1));
    this.#hold(held, top);
    this.#render();
  }

  select(number: number | null): void {
    if (number === this.#selected) return;
    this.#selected = number;
    this.#anchor ??= number;
    this.#renderRows();
  }

  /** Renders again after the size of the panel changed. */
  resize(): void {
    this.#render();
  }

  /** Goes to the rows that came in. */
  showNews(): void {
    this.root.scrollTop = 0;
  }

  /** The row under the reader stays where it is: rows that came in above it are counted instead. */
  #hold(held: number | undefined, top: number): void {
    if (held === undefined) return;
    const place = this.#order.indexOf(held);
    if (place < 0 || place === top) return;
    const height = (this.#order.length + 1) * ROW_HEIGHT;
    // The rows below have to be there before the scroll position can be.
    setHeight(this.#after, height);
    this.root.scrollTop += (place - top) * ROW_HEIGHT;
    if (place > top) this.#tell(this.#news + place - top);
  }

  #tell(news: number): void {
    if (news === this.#news) return;
    this.#news = news;
    this.#options.onNews(news);
  }

  #render(): void {
    this.#renderHead();
    this.#renderRows();
  }

  #renderHead(): void {
    const { columns, sorts, layout } = this.#content ?? {};
    if (!columns || !sorts || !layout) return;
    const { scrollLeft, clientWidth } = this.root;
    const pinned = columns.filter(({ key }) => layout.pinned.includes(key)).length;
    const range = { from: scrollLeft - SIDE_OVERSCAN, to: scrollLeft + clientWidth + SIDE_OVERSCAN };
    const { drawn, isChanged } = this.#head.render(columns, { sorts, layout, pinned, range });
    this.#drawn = drawn;
    if (!isChanged) return;
    for (const row of this.#rows) row.remove();
    this.#rows.length = 0;
  }

  #renderRows(): void {
    if (!this.#content) return;
    const count = this.#order.length;
    const { scrollTop, clientHeight } = this.root;
    if (scrollTop < ROW_HEIGHT) this.#tell(0);
    const first = Math.max(0, Math.min(count, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN));
    const last = Math.min(count, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + OVERSCAN);
    setHeight(this.#before, first * ROW_HEIGHT);
    setHeight(this.#after, (count - last) * ROW_HEIGHT);
    while (this.#rows.length < last - first) this.#rows.push(this.#newRow());
    const marked = new Set(this.#content.marked);
    for (let slot = 0; slot < last - first; slot++) {
      this.#fill(this.#rows[slot] as HTMLTableRowElement, first + slot, marked);
    }
    for (const row of this.#rows.splice(last - first)) row.remove();
    if (this.#body.firstChild !== this.#before) this.#body.prepend(this.#before);
    for (const row of this.#rows) if (!row.isConnected || row.parentNode !== this.#body) this.#body.append(row);
    if (this.#body.lastChild !== this.#after) this.#body.append(this.#after);
    this.#markActive();
  }

  #newRow(): HTMLTableRowElement {
    return element(
      'tr',
      {},
      ...this.#drawn.map((column, at) => {
        const cell = element('td', { class: column ? cellClass(column) : 'room' });
        this.#head.pin(cell, at);
        return cell;
      }),
    );
  }

  #fill(row: HTMLTableRowElement, index: number, marked: ReadonlySet<number>): void {
    const { model, best } = this.#content as TableContent;
    const number = this.#order[index] as number;
    row.classList.toggle('is-best', number === best || model.front.has(number));
    row.classList.toggle('is-marked', marked.has(number));
    row.id = `trial-row-${number}`;
    row.dataset['trial'] = String(number);
    row.setAttribute('aria-rowindex', String(index + 2));
    row.setAttribute('aria-selected', String(number === this.#selected || marked.has(number)));
    for (let at = 0; at < this.#drawn.length; at++) {
      const column = this.#drawn[at];
      if (!column) continue;
      const cell = row.cells[at] as HTMLTableCellElement;
      const text = column.text(number);
      if (column.key === 'trial') this.#fillFirst(cell, shapeOf(model, number), text);
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
      this.#render();
      this.#options.onScroll();
    });
    this.#body.addEventListener('click', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('tr[data-trial]');
      if (row) this.#choose(Number(row.dataset['trial']), event);
    });
    this.#table.addEventListener('keydown', (event) => this.#key(event));
  }

  /** As in lists: a click takes one, Ctrl adds or takes away, Shift takes the range from the last one. */
  #choose(number: number, { ctrlKey, metaKey, shiftKey }: MouseEvent | KeyboardEvent): void {
    const { marked = [] } = this.#content ?? {};
    const { onMark, onSelect } = this.#options;
    if (shiftKey && this.#anchor !== null) {
      const [from, to] = [this.#order.indexOf(this.#anchor), this.#order.indexOf(number)].sort((a, b) => a - b);
      if (from !== undefined && from >= 0) onMark([...this.#order.subarray(from, (to as number) + 1)]);
      window.getSelection()?.removeAllRanges();
      return;
    }
    this.#anchor = number;
    if (ctrlKey || metaKey) {
      const before = marked.length > 0 || this.#selected === null ? marked : [this.#selected];
      onMark(before.includes(number) ? before.filter((one) => one !== number) : [...before, number]);
    } else {
      onMark([]);
      onSelect(number);
    }
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.#table || event.altKey) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key.toLowerCase() === 'c') this.#options.onCopy();
    else if (isCommand && event.key.toLowerCase() === 'a') this.#options.onMark([...this.#order]);
    else if (event.key === 'Escape' && (this.#content?.marked.length ?? 0) > 0) this.#options.onMark([]);
    else if (isCommand) return;
    else {
      const index = this.#target(event.key);
      if (index === null) return;
      const number = this.#order[index] as number;
      this.#reveal(index);
      if (event.shiftKey) this.#choose(number, event);
      else {
        this.#anchor = number;
        this.#options.onSelect(number);
      }
    }
    event.preventDefault();
  }

  /** The row that a key goes to. */
  #target(key: string): number | null {
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
    const target = moves[key];
    return target === undefined || last < 0 ? null : Math.min(last, Math.max(0, target));
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
