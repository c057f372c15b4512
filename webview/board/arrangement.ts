/** How a person arranged the tiles of a kind of study: order, sizes, and which are on a tab. Nothing here knows the DOM. */
import type { PanelHeader } from '../../src/protocol/panel.ts';
import type { TrialModel } from '../model/model.ts';

/** The tabs of the board. The last one has no tile: it is the table. */
export const TABS = ['overview', 'parameters', 'curves', 'timeline', 'studies', 'table'] as const;
export type Tab = (typeof TABS)[number];

/** `span`: twelfths of the width that a tile wants; rows stretch to the whole. `tall`: its least height, 1 is the usual one. */
export interface TileSize {
  readonly span: number;
  readonly tall: number;
}

export interface TabArrangement {
  /** Tiles that a person moved stand in this order; the others after their neighbours of the list of charts. */
  readonly order: readonly string[];
  /** Tiles of other tabs that a person put on this one, and own ones that a person took away. */
  readonly shown: readonly string[];
  readonly hidden: readonly string[];
  readonly sizes: Readonly<Record<string, TileSize>>;
}

export type Arrangement = Readonly<Partial<Record<Tab, TabArrangement>>>;

export const PLAIN: TabArrangement = { order: [], shown: [], hidden: [], sizes: {} };

const SPANS = { least: 3, most: 12 } as const;
const TALL = { least: 1, most: 4 } as const;
const MOST_TILES = 100;

/** A size that a tile can have: whole twelfths, quarters of the usual height. */
export function sized({ span, tall }: TileSize): TileSize {
  const within = (value: number, { least, most }: { least: number; most: number }) =>
    Math.min(most, Math.max(least, value));
  return { span: within(Math.round(span), SPANS), tall: within(Math.round(4 * tall) / 4, TALL) };
}

/** `ids` in a person's order. One that the order does not name stands after the one that it follows in the list. */
export function ordered(ids: readonly string[], order: readonly string[]): readonly string[] {
  const known = new Set(ids);
  const found = order.filter((id, at) => known.has(id) && order.indexOf(id) === at);
  const placed = new Set(found);
  for (const [at, id] of ids.entries()) {
    if (placed.has(id)) continue;
    found.splice(at === 0 ? 0 : found.indexOf(ids[at - 1] as string) + 1, 0, id);
    placed.add(id);
  }
  return found;
}

/** `ids` with one of them before another, or last. */
export function moved(ids: readonly string[], id: string, before: string | null): readonly string[] {
  if (id === before) return ids;
  const rest = ids.filter((one) => one !== id);
  const at = before === null ? -1 : rest.indexOf(before);
  return at < 0 ? [...rest, id] : [...rest.slice(0, at), id, ...rest.slice(at)];
}

/** Studies that look alike on the board share an arrangement. */
export function kindOf({ directions }: PanelHeader, { schedule }: TrialModel): string {
  const objectives = directions.length > 1 ? 'several' : 'one';
  return `${objectives} ${schedule.hasMembers ? 'population' : schedule.hasRungs ? 'rungs' : 'plain'}`;
}

/** Reads an arrangement of any origin: what does not fit is left out. */
export function readArrangement(value: unknown): Arrangement {
  const tabs = recordOf(value);
  return Object.fromEntries(
    TABS.filter((tab) => tabs[tab] !== undefined).map((tab) => {
      const { order, shown, hidden, sizes } = recordOf(tabs[tab]);
      return [tab, { order: texts(order), shown: texts(shown), hidden: texts(hidden), sizes: readSizes(sizes) }];
    }),
  );
}

export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.slice(0, MOST_TILES).filter((one): one is string => typeof one === 'string') : [];
}

function readSizes(value: unknown): Record<string, TileSize> {
  const sizes: [string, TileSize][] = [];
  for (const [id, size] of Object.entries(recordOf(value)).slice(0, MOST_TILES)) {
    const { span, tall } = recordOf(size);
    if (Number.isFinite(span) && Number.isFinite(tall))
      sizes.push([id, sized({ span: span as number, tall: tall as number })]);
  }
  return Object.fromEntries(sizes);
}
