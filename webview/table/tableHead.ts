/** The heads of the columns: sorted by a click, moved and made wider by a drag, with a menu each. */
import { element } from '../ui/dom.ts';
import type { TableOptions } from './table.ts';
import { movedBefore, type TableColumn, type TableLayout, type TableSort } from './tableModel.ts';

/** Characters of a heading after which it is cut; its title says it whole. */
const WIDEST_LABEL = 17;
const NARROWEST = 40;

interface HeadState {
  readonly sorts: readonly TableSort[];
  readonly layout: TableLayout;
  /** How many columns at the left stay in sight. */
  readonly pinned: number;
  /** Pixels between which columns have to exist. */
  readonly range: { readonly from: number; readonly to: number };
}

export class TableHead {
  readonly root = element('tr', { 'aria-rowindex': 1 });
  readonly columns = element('colgroup');
  readonly #options: TableOptions;
  #columns: readonly TableColumn[] = [];
  #state: HeadState | null = null;
  #key = '';
  /** Left edges of the pinned columns. */
  #edges: readonly number[] = [];
  #character = 0;
  #dragged: string | null = null;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#listen();
  }

  /** The columns that exist now, null for the room of those that don't, and whether the cells have to be made anew. */
  render(columns: readonly TableColumn[], state: HeadState): { drawn: (TableColumn | null)[]; isChanged: boolean } {
    const { sorts, layout, pinned, range } = state;
    this.#columns = columns;
    this.#state = state;
    const widths = columns.map((column) => this.#widthOf(column, layout));
    const drawn: (TableColumn | null)[] = [];
    const shown: number[] = [];
    const edges: number[] = [];
    let [left, room] = [0, 0];
    for (const [at, column] of columns.entries()) {
      const width = widths[at] as number;
      const isPinned = at < pinned;
      if (isPinned) edges.push(left);
      const isSeen = isPinned || (left + width >= range.from && left <= range.to);
      left += width;
      if (!isSeen) {
        room += width;
        continue;
      }
      if (room > 0) {
        drawn.push(null);
        shown.push(room);
        room = 0;
      }
      drawn.push(column);
      shown.push(width);
    }
    if (room > 0) {
      drawn.push(null);
      shown.push(room);
    }
    const look = drawn.map((column) => column && [column.key, column.label, column.isText]);
    const key = JSON.stringify([sorts, pinned, shown, look]);
    if (key === this.#key) return { drawn, isChanged: false };
    this.#key = key;
    this.#edges = edges;
    const focused = document.activeElement?.getAttribute('data-key');
    this.columns.replaceChildren(
      ...shown.map((width) => {
        const col = element('col');
        col.style.width = `${width}px`;
        return col;
      }),
    );
    const table = this.columns.parentElement;
    if (table) table.style.minWidth = `${left}px`;
    this.root.replaceChildren(...drawn.map((column, at) => this.#cell(column, at, sorts)));
    if (focused) this.root.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    return { drawn, isChanged: true };
  }

  /** Keeps a cell of a pinned column in sight. */
  pin(cell: HTMLElement, at: number): void {
    const edge = this.#edges[at];
    if (edge === undefined) return;
    cell.classList.add('is-pinned');
    cell.style.left = `${edge}px`;
  }

  #widthOf({ key, label, width }: TableColumn, { widths }: TableLayout): number {
    const own = widths[key];
    if (own !== undefined) return own;
    if (this.#character === 0) this.#character = measureCharacter(this.columns);
    return Math.ceil(Math.max(width, Math.min(WIDEST_LABEL, label.length + 2)) * this.#character) + 16;
  }

  #cell(column: TableColumn | null, at: number, sorts: readonly TableSort[]): HTMLElement {
    if (!column) return element('th', { class: 'room', 'aria-hidden': 'true' });
    const { key, label, isText } = column;
    const place = sorts.findIndex((sort) => sort.key === key);
    const sort = sorts[place];
    const arrow = sort ? `${sort.isAscending ? '↑' : '↓'}${sorts.length > 1 ? place + 1 : ''}` : '';
    const button = element('button', { type: 'button', 'data-key': key, title: label }, element('span', {}, label));
    button.append(element('span', { class: 'arrow', 'aria-hidden': 'true' }, arrow));
    const grip = element('span', { class: 'grip', 'data-grip': key, 'aria-hidden': 'true' });
    const cell = element('th', { scope: 'col', class: isText ? 'text' : 'number', draggable: 'true' }, button, grip);
    cell.dataset['column'] = key;
    this.pin(cell, at);
    if (sort && place === 0) cell.setAttribute('aria-sort', sort.isAscending ? 'ascending' : 'descending');
    return cell;
  }

  #listen(): void {
    const { root } = this;
    const keyAt = (event: Event) => (event.target as Element).closest<HTMLElement>('th')?.dataset['column'];
    root.addEventListener('click', (event) => {
      const key = (event.target as Element).closest<HTMLElement>('button')?.dataset['key'];
      if (key !== undefined) this.#sort(key, event.shiftKey);
    });
    root.addEventListener('contextmenu', (event) => {
      const column = this.#columns.find(({ key }) => key === keyAt(event));
      if (!column) return;
      event.preventDefault();
      const from = (event.target as Element).closest('th')?.querySelector('button') ?? root;
      const box = from.getBoundingClientRect();
      // A key opens it without a pointer.
      const at = event.clientX > 0 ? { x: event.clientX, y: event.clientY } : { x: box.left, y: box.bottom };
      this.#options.onMenu(column, from as HTMLElement, at);
    });
    root.addEventListener('pointerdown', (event) => this.#resize(event));
    root.addEventListener('dragstart', (event) => {
      this.#dragged = keyAt(event) ?? null;
      event.dataTransfer?.setData('text/plain', '');
    });
    root.addEventListener('dragover', (event) => {
      if (this.#dragged !== null) event.preventDefault();
    });
    root.addEventListener('drop', (event) => {
      const target = keyAt(event);
      const key = this.#dragged;
      this.#dragged = null;
      if (key === null || target === undefined || key === target || !this.#state) return;
      event.preventDefault();
      const keys = this.#columns.map((column) => column.key);
      const isRightwards = keys.indexOf(key) < keys.indexOf(target);
      const before = isRightwards ? (keys[keys.indexOf(target) + 1] ?? null) : target;
      this.#options.onLayout({ ...this.#state.layout, order: movedBefore(this.#columns, key, before) });
    });
  }

  /** A click sorts by one column; with Shift it is added, or turned round. */
  #sort(key: string, isAdded: boolean): void {
    const sorts = this.#state?.sorts ?? [];
    const known = sorts.find((sort) => sort.key === key);
    const turned = { key, isAscending: known ? !known.isAscending : true };
    if (!isAdded) this.#options.onSort([turned]);
    else this.#options.onSort(known ? sorts.map((sort) => (sort === known ? turned : sort)) : [...sorts, turned]);
  }

  #resize(event: PointerEvent): void {
    const key = (event.target as HTMLElement).dataset['grip'];
    const cell = (event.target as HTMLElement).closest('th');
    if (key === undefined || !cell || !this.#state) return;
    event.preventDefault();
    const { layout } = this.#state;
    const { onLayout } = this.#options;
    const width = cell.getBoundingClientRect().width;
    const move = ({ clientX }: PointerEvent) => {
      const next = Math.max(NARROWEST, Math.round(width + clientX - event.clientX));
      onLayout({ ...layout, widths: { ...layout.widths, [key]: next } });
    };
    const up = () => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', up);
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', up);
  }
}

/** Pixels of a digit. */
function measureCharacter(beside: HTMLElement): number {
  const context = document.createElement('canvas').getContext('2d');
  const { fontSize, fontFamily } = getComputedStyle(beside.isConnected ? beside : document.body);
  if (!context) return 8;
  context.font = `${fontSize} ${fontFamily}`;
  return context.measureText('0').width;
}
