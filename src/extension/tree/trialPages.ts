import type { History } from '../../core/study/history.ts';
import { membersOf, type TrialGroup } from './trialGroups.ts';

/** Trials that fill a page; a group with no more than these has no pages. */
export const PAGE = 200;
/** Pages of one size below one row; those after them are in pages of `FAN` pages. */
const FAN = 100;
/** Trials that a page may have after late ones came into it: no row has more children. */
const MOST_ON_PAGE = 500;
/** With fewer trials a page in the mean, after most have left the group, the group gets new pages. */
const LEAST_ON_PAGE = PAGE / 8;

/** A page, or at a higher level `FAN ** level` pages that follow one another; `first`: the place of the first of them. */
export interface PageRef {
  readonly level: number;
  readonly first: number;
}

/**
 * The pages of one group's trials. A page is closed when it is full, and then keeps its place and its bounds: later
 * trials make new pages behind it, trials that leave the group leave the others where they are, and one that ends late
 * goes to the page that its number belongs to. As with the blocks of a Unix inode, the first hundred pages stand
 * directly below the group, the next hundred rows have a hundred pages each, and so on, so that nothing is grouped anew
 * however many trials come.
 */
export class TrialPages {
  readonly #history: History;
  readonly #group: TrialGroup;
  #revision = -1;
  #members: readonly number[] = [];
  /** The least trial number of each page, ascending. */
  #starts = [0];
  /** Where each page's trials begin in `#members`; the last entry is their end. */
  #offsets = [0, 0];
  #isPaged = false;

  private constructor(history: History, group: TrialGroup) {
    this.#history = history;
    this.#group = group;
  }

  /** The pages of a group as they are now. */
  static of(history: History, group: TrialGroup): TrialPages {
    const groups = known.get(history) ?? new Map<TrialGroup, TrialPages>();
    known.set(history, groups);
    const pages = groups.get(group) ?? new TrialPages(history, group);
    groups.set(group, pages);
    pages.#update();
    return pages;
  }

  /** Whether the group's trials are on pages, and not directly below it. */
  get isPaged(): boolean {
    return this.#isPaged;
  }

  /** All trials of the group, or those on a page, ascending. */
  numbers(page?: PageRef): readonly number[] {
    if (!page) return this.#members;
    const [from, to] = this.#bounds(page);
    return this.#members.slice(from, to);
  }

  /** How many trials are on a page, and the numbers of the first and the last of them. */
  extent(page: PageRef): { count: number; from: number; to: number } {
    const [from, to] = this.#bounds(page);
    return { count: to - from, from: this.#members[from] ?? 0, to: this.#members[to - 1] ?? 0 };
  }

  /** The rows directly below the group, or below a page of pages; empty ones are left out. */
  below(page?: PageRef): PageRef[] {
    const rows: PageRef[] = [];
    const end = page ? page.first + FAN ** page.level : this.#starts.length;
    for (let first = page?.first ?? 0; first < Math.min(end, this.#starts.length); ) {
      const level = page ? page.level - 1 : topLevel(first);
      const [from, to] = this.#bounds({ level, first });
      if (to > from) rows.push({ level, first });
      first += FAN ** level;
    }
    return rows;
  }

  /** The page that a trial is on, if its group has pages. */
  pageOf(number: number): PageRef | undefined {
    return this.#isPaged ? { level: 0, first: lowerBound(this.#starts, number + 1) - 1 } : undefined;
  }

  /** The page of pages that a page is on; undefined where it stands directly below the group. */
  above({ level, first }: PageRef): PageRef | undefined {
    const top = topLevel(first);
    if (level >= top) return undefined;
    const base = baseOf(top);
    const size = FAN ** (level + 1);
    return { level: level + 1, first: base + Math.floor((first - base) / size) * size };
  }

  #bounds({ level, first }: PageRef): [from: number, to: number] {
    const last = this.#offsets.length - 1;
    return [first, first + FAN ** level].map((at) => this.#offsets[Math.min(at, last)] as number) as [number, number];
  }

  #update(): void {
    if (this.#revision === this.#history.revision) return;
    this.#revision = this.#history.revision;
    this.#members = membersOf(this.#history, this.#group);
    this.#offsets = this.#starts.map((start) => lowerBound(this.#members, start));
    this.#offsets.push(this.#members.length);
    this.#close();
    if (this.#isFitting()) return;
    this.#starts = [0];
    this.#offsets = [0, this.#members.length];
    this.#isPaged = false;
    this.#close();
  }

  /** Closes the last page where it is full, and goes on with the next. */
  #close(): void {
    for (let from = this.#offsets.at(-2) as number; this.#members.length - from >= PAGE; from += PAGE) {
      this.#starts.push((this.#members[from + PAGE - 1] as number) + 1);
      this.#offsets.splice(-1, 0, from + PAGE);
    }
    if (this.#members.length > (this.#offsets[1] as number)) this.#isPaged = true;
  }

  #isFitting(): boolean {
    let filled = 0;
    for (let at = 1; at < this.#offsets.length; at++) {
      const count = (this.#offsets[at] as number) - (this.#offsets[at - 1] as number);
      if (count > MOST_ON_PAGE) return false;
      if (count > 0) filled++;
    }
    return !this.#isPaged || this.#members.length >= filled * LEAST_ON_PAGE;
  }
}

const known = new WeakMap<History, Map<TrialGroup, TrialPages>>();

/** The first page of those that stand in rows of a level below the group. */
function baseOf(level: number): number {
  let base = 0;
  for (let below = 0; below < level; below++) base += FAN ** (below + 1);
  return base;
}

function topLevel(page: number): number {
  let level = 0;
  while (page >= baseOf(level + 1)) level++;
  return level;
}

/** How many of the ascending numbers are below a bound. */
function lowerBound(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
