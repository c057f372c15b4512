/** Columns, texts and order of the table; knows no DOM. */

import { TrialState } from '../../src/core/study/states.ts';
import type { ValueFormat } from '../../src/core/text/numbers.ts';
import type { ModelParameter, TrialModel } from '../model/model.ts';
import { formatAligned, formatClock, formatParameter } from '../ui/format.ts';
import type { PanelName, Translate } from '../ui/strings.ts';

export interface TableColumn {
  /** Stable across updates: `trial`, `state`, `duration`, `value:0`, `param:lr`. */
  readonly key: string;
  readonly label: string;
  readonly isText: boolean;
  /** Width in characters. */
  readonly width: number;
  /** Number to sort by, NaN last in both directions. */
  readonly sortValue: (number: number) => number;
  readonly text: (number: number) => string;
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
function trialColumn({ length }: TrialModel, t: Translate): TableColumn {
  const width = Math.max(8, String(length).length + 5);
  return { key: 'trial', label: t('columnTrial'), isText: true, width, sortValue: Number, text: String };
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
  };
}

type Compare = (one: number, other: number) => number;

/** Compares trials by a column; NaN after everything, equals by trial number. */
export function compareBy({ sortValue }: Pick<TableColumn, 'sortValue'>, isAscending: boolean): Compare {
  const sign = isAscending ? 1 : -1;
  return (one, other) => {
    const left = sortValue(one);
    const right = sortValue(other);
    if (left < right) return -sign;
    if (left > right) return sign;
    const gap = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    return gap !== 0 ? gap : one - other;
  };
}

/** All trials in order. */
export function sortTrials(length: number, column: Pick<TableColumn, 'sortValue'>, isAscending: boolean): Uint32Array {
  const keys = Float64Array.from({ length }, (_, number) => column.sortValue(number));
  const cached = compareBy({ sortValue: (number) => keys[number] as number }, isAscending);
  return Uint32Array.from({ length }, (_, number) => number).sort(cached);
}

/** The same order after some trials changed or came: O(n) instead of a whole sort, ten times a second. */
export function updateOrder(
  order: Uint32Array,
  changed: readonly number[],
  length: number,
  compare: Compare,
): Uint32Array {
  const moved = new Uint8Array(length);
  for (const number of changed) moved[number] = 1;
  for (let number = order.length; number < length; number++) moved[number] = 1;
  const inserted: number[] = [];
  for (let number = 0; number < length; number++) if (moved[number] === 1) inserted.push(number);
  inserted.sort(compare);
  const merged = new Uint32Array(length);
  let next = 0;
  let at = 0;
  for (const number of order) {
    if (moved[number] === 1) continue;
    while (next < inserted.length && compare(inserted[next] as number, number) < 0)
      merged[at++] = inserted[next++] as number;
    merged[at++] = number;
  }
  while (next < inserted.length) merged[at++] = inserted[next++] as number;
  return merged;
}
