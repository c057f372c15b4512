/** Columns, texts and order of the table; knows no DOM. */

import { TrialState } from '../../src/core/study/states.ts';
import type { ValueFormat } from '../../src/core/text/numbers.ts';
import { STATES, stateAt } from '../filter/columns.ts';
import type { ModelAttribute, ModelParameter, TrialModel } from '../model/model.ts';
import { formatAligned, formatClock, formatParameter, formatSignificant } from '../ui/format.ts';
import type { PanelName, Translate } from '../ui/strings.ts';

export interface TableColumn {
  /** Stable across updates: `trial`, `state`, `duration`, `value:0`, `param:lr`, `attribute:note`. */
  readonly key: string;
  readonly label: string;
  readonly isText: boolean;
  /** Width in characters. */
  readonly width: number;
  /** Number to sort by, NaN last in both directions. */
  readonly sortValue: (number: number) => number;
  readonly text: (number: number) => string;
  /** What an export writes: never rounded. */
  readonly exact: (number: number) => number | string | boolean | null;
  /** Shown only where a person chose it. */
  readonly isExtra?: boolean;
}

/** What a person made of the columns, by their keys. */
export interface TableLayout {
  /** Extra columns that are shown, and others that are not. */
  readonly shown: readonly string[];
  readonly hidden: readonly string[];
  /** Always in sight at the left, in this order. */
  readonly pinned: readonly string[];
  /** All columns as they stood when one was moved. */
  readonly order: readonly string[];
  /** Pixels. */
  readonly widths: Readonly<Record<string, number>>;
}

export const PLAIN_LAYOUT: TableLayout = { shown: [], hidden: [], pinned: ['trial'], order: [], widths: {} };

export function isShown({ key, isExtra }: TableColumn, { shown, hidden }: TableLayout): boolean {
  return isExtra ? shown.includes(key) : !hidden.includes(key);
}

/** Pinned columns first, then those in the order that a person gave them, each new one where it would have stood. */
export function arranged(columns: readonly TableColumn[], layout: TableLayout): TableColumn[] {
  const place = new Map(layout.order.map((key, at) => [key, at]));
  const rank = new Map<string, number>();
  let last = -1;
  for (const { key } of columns) {
    last = place.get(key) ?? last;
    rank.set(key, last);
  }
  const visible = columns.filter((column) => isShown(column, layout));
  const by = (column: TableColumn) => {
    const pin = layout.pinned.indexOf(column.key);
    return pin >= 0 ? pin - layout.pinned.length - 1 : (rank.get(column.key) ?? 0);
  };
  // The sort is stable: columns without a place stay behind the one before them.
  return visible.sort((one, other) => by(one) - by(other));
}

/** The order with one column moved to stand before another. */
export function movedBefore(columns: readonly TableColumn[], key: string, before: string | null): string[] {
  const keys = columns.map((column) => column.key).filter((one) => one !== key);
  const at = before === null ? keys.length : keys.indexOf(before);
  return [...keys.slice(0, at), key, ...keys.slice(at)];
}

export interface TableSort {
  readonly key: string;
  readonly isAscending: boolean;
}

export function stateKey(model: TrialModel, number: number): PanelName {
  if (model.isInterrupted(number)) return 'interrupted';
  if (model.isPaused(number)) return 'paused';
  const keys = { 0: 'running', 1: 'complete', 2: 'pruned', 3: 'failed', 4: 'waiting' } as const;
  return keys[model.state(number)] ?? 'waiting';
}

/** Whether it is complete but violates a constraint: then it is never the best. */
export function isInfeasible(model: TrialModel, number: number): boolean {
  return model.state(number) === TrialState.complete && !model.isFeasible(number);
}

/** As `stateKey`, and whether a complete trial does not count. */
export function shortState(model: TrialModel, number: number): PanelName {
  return isInfeasible(model, number) ? 'infeasibleShort' : stateKey(model, number);
}

/** `formats`: one an objective. */
export function tableColumns(
  model: TrialModel,
  metricNames: readonly string[],
  formats: readonly ValueFormat[],
  t: Translate,
): TableColumn[] {
  const values = metricNames.map((name, objective): TableColumn => {
    const value = (number: number) => model.value(number, objective);
    return {
      key: `value:${objective}`,
      label: name,
      isText: false,
      width: 10,
      sortValue: value,
      text: (number) => valueText(model, number, objective, formats[objective]),
      exact: (number) => numberOrNull(value(number)),
    };
  });
  const parameters = [...model.parameters.values()].map((parameter): TableColumn => {
    const { name, choices } = parameter;
    const longest = choices ? Math.max(...choices.slice(0, 50).map((choice) => String(choice).length)) : 9;
    return {
      key: `param:${name}`,
      label: name,
      isText: choices?.some((choice) => typeof choice !== 'number') ?? false,
      width: Math.min(24, longest + 1),
      sortValue: (number) => model.parameter(number, name),
      text: (number) => columnText(parameter, model.parameter(number, name)),
      exact: (number) => exactParameter(parameter, model.parameter(number, name)),
    };
  });
  const front = metricNames.length > 1 ? [frontColumn(model, t)] : [];
  return [
    trialColumn(model, t),
    stateColumn(model, t),
    ...front,
    ...values,
    ...parameters,
    ...scheduleColumns(model, t),
    durationColumn(model, t),
    ...reportColumns(model, metricNames[0] ?? '', t),
    startColumn(model, t),
    ...markColumns(model, t),
    ...model.attributes.map(attributeColumn),
  ];
}

/** Whether a trial is on the Pareto front; those that are come first. */
function frontColumn(model: TrialModel, t: Translate): TableColumn {
  return {
    key: 'front',
    label: t('columnFront'),
    isText: true,
    width: 12,
    sortValue: (number) => (model.front.has(number) ? 0 : 1),
    text: (number) => (model.front.has(number) ? t('onFront') : ''),
    exact: (number) => model.front.has(number),
  };
}

/** Last rung, generation and place in the population, as far as the study has them. */
function scheduleColumns({ schedule }: TrialModel, t: Translate): TableColumn[] {
  const column = (key: string, label: string, value: (number: number) => number): TableColumn => ({
    key,
    label,
    isText: false,
    width: 7,
    sortValue: value,
    text: (number) => (Number.isNaN(value(number)) ? '–' : String(value(number))),
    exact: (number) => numberOrNull(value(number)),
  });
  const noted = (value: number) => (value < 0 ? Number.NaN : value);
  const columns: TableColumn[] = [];
  if (schedule.hasRungs) {
    columns.push(
      column('rung', t(schedule.areRungsSteps ? 'columnBudget' : 'columnRung'), (number) => {
        return schedule.rungs(number).at(-1) ?? Number.NaN;
      }),
    );
  }
  if (schedule.hasGenerations) {
    columns.push(column('generation', t('columnGeneration'), (number) => noted(schedule.generation(number))));
  }
  if (schedule.hasMembers) {
    columns.push(column('member', t('columnMember'), (number) => noted(schedule.member(number))));
  }
  return columns;
}

function columnText(parameter: ModelParameter, internal: number): string {
  const isReal = parameter.kind === 'float' && !parameter.choices && !Number.isNaN(internal);
  return isReal ? formatAligned(internal, 3) : formatParameter(parameter, internal, 3);
}

function valueText(model: TrialModel, number: number, objective: number, format: ValueFormat | undefined): string {
  const value = model.value(number, objective);
  if (!Number.isNaN(value)) return format?.format(value) ?? '';
  return model.state(number) === TrialState.complete ? 'nan' : '–';
}

/** Wide enough for the longest number and, in five more characters, the icon and the edge beside it. */
function trialColumn({ length, marks }: TrialModel, t: Translate): TableColumn {
  const hasStars = [...marks.values()].some(({ star }) => star);
  const width = Math.max(8, String(length).length + (hasStars ? 7 : 5));
  const text = (number: number) => (marks.get(number)?.star ? `${number} ★` : String(number));
  return { key: 'trial', label: t('columnTrial'), isText: true, width, sortValue: Number, text, exact: Number };
}

/** Tags, where any trial has some; trials with a star come first. */
function markColumns({ marks }: TrialModel, t: Translate): TableColumn[] {
  if (marks.size === 0) return [];
  const tags = (number: number) => marks.get(number)?.tags.join(', ') ?? '';
  const all = [...new Set([...marks.keys()].map(tags))].filter(Boolean).sort();
  const rank = new Map(all.map((text, place) => [text, place]));
  const star = (number: number) => marks.get(number)?.star === true;
  return [
    {
      key: 'star',
      label: t('star'),
      isText: true,
      width: 6,
      isExtra: true,
      sortValue: (number) => (star(number) ? 0 : 1),
      text: (number) => (star(number) ? '★' : ''),
      exact: star,
    },
    {
      key: 'tags',
      label: t('tags'),
      isText: true,
      width: Math.min(24, Math.max(6, ...all.map(({ length }) => length + 1))),
      isExtra: all.length === 0,
      sortValue: (number) => rank.get(tags(number)) ?? Number.NaN,
      text: tags,
      exact: tags,
    },
  ];
}

/** Last and best value that a trial reported on its way, and the last step. */
function reportColumns(model: TrialModel, metric: string, t: Translate): TableColumn[] {
  const { curves } = model;
  if (curves.points === 0) return [];
  const column = (key: string, label: string, value: (number: number) => number): TableColumn => ({
    key,
    label,
    isText: false,
    width: 10,
    isExtra: true,
    sortValue: value,
    text: (number) => {
      const shown = value(number);
      if (Number.isNaN(shown)) return '–';
      return key === 'step' ? formatSignificant(shown, 12) : formatAligned(shown, 4);
    },
    exact: (number) => numberOrNull(value(number)),
  });
  const better = model.isMinimized(0) ? Math.min : Math.max;
  return [
    column('step', t('columnStep'), (number) => (curves.length(number) > 0 ? curves.last(number).step : Number.NaN)),
    column('last', t('lastValue', { metric }), (number) => curves.last(number).value),
    column('bestReport', t('bestReport', { metric }), (number) => {
      let best = Number.NaN;
      for (let index = 0; index < curves.length(number); index++) {
        const value = curves.value(number, index);
        if (!Number.isNaN(value)) best = Number.isNaN(best) ? value : better(best, value);
      }
      return best;
    }),
  ];
}

function startColumn(model: TrialModel, t: Translate): TableColumn {
  const value = (number: number) => model.startedAt(number);
  return {
    key: 'start',
    label: t('columnStart'),
    isText: false,
    width: 17,
    isExtra: true,
    sortValue: value,
    text: (number) => (Number.isFinite(value(number)) ? new Date(value(number)).toLocaleString() : '–'),
    exact: (number) => (Number.isFinite(value(number)) ? new Date(value(number)).toISOString() : null),
  };
}

function attributeColumn({ key, name, choices, values }: ModelAttribute): TableColumn {
  const at = (number: number) => values[number] ?? Number.NaN;
  let ranks: number[] | undefined;
  const rankOf = (place: number) => {
    if (!choices) return place;
    if (!ranks) {
      ranks = [];
      const sorted = [...choices.keys()].sort((one, other) =>
        (choices[one] as string).localeCompare(choices[other] as string),
      );
      for (const [rank, choice] of sorted.entries()) ranks[choice] = rank;
    }
    return ranks[place] ?? Number.NaN;
  };
  const exact = (number: number) => (choices ? (choices[at(number)] ?? null) : numberOrNull(at(number)));
  return {
    key,
    label: name,
    isText: choices !== null,
    width: 12,
    isExtra: true,
    sortValue: (number) => rankOf(at(number)),
    text: (number) => {
      const value = exact(number);
      return value === null ? '–' : typeof value === 'number' ? formatAligned(value, 4) : value;
    },
    exact,
  };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function exactParameter({ choices }: ModelParameter, internal: number): number | string | boolean | null {
  if (Number.isNaN(internal)) return null;
  const choice = choices ? choices[internal] : internal;
  return choice === undefined ? null : choice !== null && typeof choice === 'object' ? JSON.stringify(choice) : choice;
}

function stateColumn(model: TrialModel, t: Translate): TableColumn {
  const order = {
    [TrialState.complete]: 0,
    [TrialState.running]: 1,
    [TrialState.pruned]: 2,
    [TrialState.fail]: 3,
    [TrialState.waiting]: 4,
  };
  return {
    key: 'state',
    label: t('columnState'),
    isText: true,
    width: 9,
    sortValue: (number) => {
      if (model.isPaused(number)) return 3.5;
      return isInfeasible(model, number) ? 0.5 : (order[model.state(number)] ?? 5);
    },
    text: (number) => t(shortState(model, number)),
    exact: (number) => STATES[stateAt(model, number)] ?? null,
  };
}

function durationColumn(model: TrialModel, t: Translate): TableColumn {
  const value = (number: number) => model.duration(number);
  return {
    key: 'duration',
    label: t('columnDuration'),
    isText: false,
    width: 8,
    sortValue: value,
    text: (number) => formatClock(value(number)),
    exact: (number) => numberOrNull(value(number) / 1000),
  };
}
