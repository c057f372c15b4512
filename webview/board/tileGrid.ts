/** The tiles of the board in rows that fill the width, and what a drag does with them. */
import { element } from '../ui/dom.ts';
import { ordered, sized, type TabArrangement, type TileSize } from './arrangement.ts';

/** Pixels that a pointer moves in a click. */
const SHORTEST_DRAG = 5;
/** Height of a tile that nobody made taller, as in panel.css. */
const TILE_HEIGHT = 232;

export interface GridTile {
  readonly id: string;
  readonly root: HTMLElement;
  /** What a person takes to move the tile. */
  readonly handle: HTMLElement;
  /** Twelfths of the width. */
  readonly span: number;
}

export interface TileGridOptions {
  readonly tiles: readonly GridTile[];
  readonly onMove: (id: string, before: string | null) => void;
  readonly onSize: (id: string, size: TileSize) => void;
}

export class TileGrid {
  readonly root = element('main', { class: 'charts' });
  readonly #options: TileGridOptions;
  readonly #tiles: ReadonlyMap<string, GridTile>;
  #arrangement: TabArrangement | null = null;

  constructor(options: TileGridOptions) {
    this.#options = options;
    this.#tiles = new Map(options.tiles.map((tile) => [tile.id, tile]));
    for (const tile of options.tiles) {
      const grip = element('div', { class: 'tile-grip', 'aria-hidden': 'true' });
      tile.root.append(grip);
      tile.root.dataset['tile'] = tile.id;
      this.#listenToHandle(tile);
      this.#listenToGrip(tile, grip);
      this.root.append(tile.root);
    }
  }

  /** Tiles from first to last, hidden ones included. */
  get order(): readonly string[] {
    return ordered([...this.#tiles.keys()], this.#arrangement?.order ?? []);
  }

  sizeOf(id: string): TileSize {
    return this.#arrangement?.sizes[id] ?? { span: this.#tiles.get(id)?.span ?? 6, tall: 1 };
  }

  update(arrangement: TabArrangement): void {
    if (arrangement === this.#arrangement) return;
    const before = this.#arrangement === null ? [] : this.order;
    this.#arrangement = arrangement;
    for (const { id, root } of this.#tiles.values()) applySize(root, this.sizeOf(id));
    const { order } = this;
    if (order.every((id, at) => id === before[at])) return;
    const focused = document.activeElement as HTMLElement | null;
    const { scrollTop } = this.root.parentElement ?? {};
    for (const id of order) this.root.append((this.#tiles.get(id) as GridTile).root);
    // An element that is put elsewhere loses the keyboard.
    if (focused && this.root.contains(focused)) focused.focus({ preventScroll: true });
    if (this.root.parentElement) this.root.parentElement.scrollTop = scrollTop ?? 0;
  }

  #listenToHandle({ id, root, handle }: GridTile): void {
    handle.addEventListener('pointerdown', (event) => {
      const isControl = (event.target as Element).closest('button, select, input') !== null;
      if (event.button !== 0 || isControl || root.classList.contains('is-large')) return;
      const from = { x: event.clientX, y: event.clientY };
      let target: { readonly root: HTMLElement; readonly isAfter: boolean } | null = null;
      const show = (next: typeof target) => {
        target?.root.classList.remove('drop-before', 'drop-after');
        target = next;
        target?.root.classList.add(target.isAfter ? 'drop-after' : 'drop-before');
      };
      follow(handle, event, {
        onMove: (to) => {
          if (Math.hypot(to.x - from.x, to.y - from.y) < SHORTEST_DRAG) return;
          root.classList.add('is-moving');
          const over = document.elementFromPoint(to.x, to.y)?.closest<HTMLElement>('[data-tile]');
          if (!over || over === root) return show(null);
          const box = over.getBoundingClientRect();
          show({ root: over, isAfter: to.x > box.left + box.width / 2 });
        },
        onEnd: (isDone) => {
          root.classList.remove('is-moving');
          const chosen = target;
          show(null);
          const over = chosen?.root.dataset['tile'];
          if (!isDone || !chosen || over === undefined) return;
          const { order } = this;
          this.#options.onMove(id, chosen.isAfter ? (order[order.indexOf(over) + 1] ?? null) : over);
        },
      });
    });
  }

  #listenToGrip({ id, root }: GridTile, grip: HTMLElement): void {
    grip.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      const box = root.getBoundingClientRect();
      const twelfth = this.root.clientWidth / 12;
      let size = this.sizeOf(id);
      follow(grip, event, {
        onMove: (to) => {
          size = sized({ span: (to.x - box.left) / twelfth, tall: (to.y - box.top) / TILE_HEIGHT });
          applySize(root, size);
        },
        onEnd: (isDone) => {
          if (isDone) this.#options.onSize(id, size);
          else applySize(root, this.sizeOf(id));
        },
      });
    });
  }
}

function applySize(root: HTMLElement, { span, tall }: TileSize): void {
  root.style.setProperty('--span', String(span));
  root.style.setProperty('--tall', String(tall));
}

interface Followed {
  readonly onMove: (to: { readonly x: number; readonly y: number }) => void;
  /** False where the drag was given up with Escape. */
  readonly onEnd: (isDone: boolean) => void;
}

/** A pointer that went down, until it goes up. */
function follow(target: HTMLElement, { pointerId }: PointerEvent, { onMove, onEnd }: Followed): void {
  const end = new AbortController();
  const { signal } = end;
  const finish = (isDone: boolean) => {
    end.abort();
    target.releasePointerCapture(pointerId);
    onEnd(isDone);
  };
  target.setPointerCapture(pointerId);
  target.addEventListener('pointermove', ({ clientX, clientY }) => onMove({ x: clientX, y: clientY }), { signal });
  target.addEventListener('pointerup', () => finish(true), { signal });
  target.addEventListener('pointercancel', () => finish(false), { signal });
  window.addEventListener('keydown', ({ key }) => key === 'Escape' && finish(false), { signal, capture: true });
}
