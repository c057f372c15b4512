/** What survives a reload: the person's choices, kept by VS Code through `setState`. */
import type { ImportanceEvaluator, PanelState } from '../../src/protocol/panel.ts';
import { type Arrangement, readArrangement, TABS, type Tab } from '../board/arrangement.ts';
import { PLAIN_LAYOUT, type TableLayout, type TableSort } from '../table/tableModel.ts';

export interface Choices extends PanelState {
  readonly parameter: string | null;
  /** Empty until a person sorted: then by the objective, best first. */
  readonly sorts: readonly TableSort[];
  readonly layout: TableLayout;
  /** Trials that actions and the comparison take. */
  readonly marked: readonly number[];
  readonly log: boolean;
  /** The history by time instead of by trial. */
  readonly byTime: boolean;
  /** Studies that are compared with this one, by their places. */
  readonly compared: readonly string[];
  /** Whether studies that repeat each other are one line: see `linesOf`. */
  readonly repeats: boolean | null;
  /** The parameter that trials are coloured by, or `BY_NUMBER`. */
  readonly colour: string | null;
  /** Of learning curves: see `PlotOptions`. */
  readonly smoothing: number;
  readonly objective: number;
  /** Objectives on the axes of the Pareto front. */
  readonly pair: readonly [x: number, y: number];
  /** Parameters on the axes of the charts of a pair; null: the two most important ones. */
  readonly parameters: readonly [x: string, y: string] | null;
  readonly evaluator: ImportanceEvaluator;
  readonly selected: number | null;
  /** The tab that a person opened; a study that has nothing for it shows the overview. */
  readonly tab: Tab;
  readonly board: Arrangement;
  /** Conditions that all have to hold, as the filter line writes them. */
  readonly filter: readonly string[];
  readonly scrollTop: number;
  readonly tableScrollTop: number;
}

const DEFAULTS: Choices = {
  studyId: '',
  parameter: null,
  sorts: [],
  layout: PLAIN_LAYOUT,
  marked: [],
  log: false,
  byTime: false,
  compared: [],
  repeats: null,
  colour: null,
  smoothing: 0,
  objective: 0,
  pair: [0, 1],
  parameters: null,
  evaluator: 'pedAnova',
  selected: null,
  filter: [],
  tab: 'overview',
  board: {},
  scrollTop: 0,
  tableScrollTop: 0,
};

/** More would flatten any curve. */
export const MOST_SMOOTHING = 0.99;

/** Reads a kept state of any origin; what does not fit is replaced by its default. */
export function readChoices(state: unknown): Choices {
  if (typeof state !== 'object' || state === null) return DEFAULTS;
  const kept = state as Record<string, unknown>;
  const whole = (value: unknown) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null);
  const size = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0);
  return {
    studyId: typeof kept['studyId'] === 'string' ? kept['studyId'] : '',
    parameter: typeof kept['parameter'] === 'string' ? kept['parameter'] : null,
    sorts: listOf(kept['sorts'], readSort),
    layout: readLayout(kept['layout']),
    marked: listOf(kept['marked'], whole),
    log: kept['log'] === true,
    byTime: kept['byTime'] === true,
    compared: listOf(kept['compared'], readText),
    repeats: typeof kept['repeats'] === 'boolean' ? kept['repeats'] : null,
    colour: readText(kept['colour']),
    smoothing: Math.min(size(kept['smoothing']), MOST_SMOOTHING),
    objective: whole(kept['objective']) ?? 0,
    pair: readPair(kept['pair']),
    parameters: readParameters(kept['parameters']),
    evaluator: kept['evaluator'] === 'fanova' ? 'fanova' : 'pedAnova',
    selected: whole(kept['selected']),
    tab: TABS.find((tab) => tab === kept['tab']) ?? DEFAULTS.tab,
    board: readArrangement(kept['board']),
    filter: listOf(kept['filter'], readText),
    scrollTop: size(kept['scrollTop']),
    tableScrollTop: size(kept['tableScrollTop']),
  };
}

function readPair(value: unknown): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return DEFAULTS.pair;
  const [x, y] = value as unknown[];
  const isObjective = (one: unknown): one is number => typeof one === 'number' && Number.isInteger(one) && one >= 0;
  return isObjective(x) && isObjective(y) && x !== y ? [x, y] : DEFAULTS.pair;
}

function readParameters(value: unknown): Choices['parameters'] {
  const [x, y] = listOf(value, readText);
  return x !== undefined && y !== undefined && x !== y ? [x, y] : null;
}

/** Those items of a list that can be read, a thousand at most. */
function listOf<T>(value: unknown, read: (item: unknown) => T | null): readonly T[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, 1000)
    .map(read)
    .filter((item) => item !== null);
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function readLayout(value: unknown): TableLayout {
  if (typeof value !== 'object' || value === null) return PLAIN_LAYOUT;
  const { shown, hidden, pinned, order, widths } = value as Record<string, unknown>;
  const sizes = typeof widths === 'object' && widths !== null ? Object.entries(widths) : [];
  return {
    shown: listOf(shown, readText),
    hidden: listOf(hidden, readText),
    pinned: Array.isArray(pinned) ? listOf(pinned, readText) : PLAIN_LAYOUT.pinned,
    order: listOf(order, readText),
    widths: Object.fromEntries(sizes.filter(([, width]) => typeof width === 'number' && width > 0 && width < 5000)),
  };
}

function readSort(value: unknown): TableSort | null {
  if (typeof value !== 'object' || value === null) return null;
  const { key, isAscending } = value as Record<string, unknown>;
  return typeof key === 'string' && typeof isAscending === 'boolean' ? { key, isAscending } : null;
}
