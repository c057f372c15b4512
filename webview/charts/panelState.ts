/** What survives a reload: the person's choices, kept by VS Code through `setState`. */
import type { ImportanceEvaluator, PanelState } from '../../src/protocol/panel.ts';
import type { TableSort } from '../table/tableModel.ts';

export interface Choices extends PanelState {
  readonly parameter: string | null;
  /** Null until a person sorted: then by the objective, best first. */
  readonly sort: TableSort | null;
  readonly log: boolean;
  readonly objective: number;
  /** Objectives on the axes of the Pareto front. */
  readonly pair: readonly [x: number, y: number];
  readonly evaluator: ImportanceEvaluator;
  readonly selected: number | null;
  /** Conditions that all have to hold, as the filter line writes them. */
  readonly filter: readonly string[];
  readonly scrollTop: number;
  readonly tableScrollTop: number;
}

const DEFAULTS: Choices = {
  studyId: '',
  parameter: null,
  sort: null,
  log: false,
  objective: 0,
  pair: [0, 1],
  evaluator: 'pedAnova',
  selected: null,
  filter: [],
  scrollTop: 0,
  tableScrollTop: 0,
};

/** Reads a kept state of any origin; what does not fit is replaced by its default. */
export function readChoices(state: unknown): Choices {
  if (typeof state !== 'object' || state === null) return DEFAULTS;
  const kept = state as Record<string, unknown>;
  const whole = (value: unknown) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null);
  const size = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0);
  return {
    studyId: typeof kept['studyId'] === 'string' ? kept['studyId'] : '',
    parameter: typeof kept['parameter'] === 'string' ? kept['parameter'] : null,
    sort: readSort(kept['sort']),
    log: kept['log'] === true,
    objective: whole(kept['objective']) ?? 0,
    pair: readPair(kept['pair']),
    evaluator: kept['evaluator'] === 'fanova' ? 'fanova' : 'pedAnova',
    selected: whole(kept['selected']),
    filter: readTexts(kept['filter']),
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

/** Texts of a list, at most a hundred. */
function readTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string').slice(0, 100) : [];
}

function readSort(value: unknown): TableSort | null {
  if (typeof value !== 'object' || value === null) return null;
  const { key, isAscending } = value as Record<string, unknown>;
  return typeof key === 'string' && typeof isAscending === 'boolean' ? { key, isAscending } : null;
}
