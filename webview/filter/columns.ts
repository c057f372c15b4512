/** What a filter can name: objectives, parameters, attributes and facts of a trial, each as numbers by trial number. */
import type { Choice } from '../../src/core/space/distributions.ts';
import { TrialState } from '../../src/core/study/states.ts';
import type { TrialModel } from '../model/model.ts';

export interface FilterColumn {
  readonly name: string;
  /** Where a shorter name is taken by another column, this one always names it: `params.lr`. */
  readonly longName: string;
  /** What `at` numbers; null for a column of numbers. */
  readonly choices: readonly Choice[] | null;
  /** Whether `choices` are all that there can be. */
  readonly isClosed: boolean;
  /** NaN where a trial has no value. */
  readonly at: (number: number) => number;
  /** The same as an array, where there is one; it may be shorter than the study. */
  readonly values?: Float64Array;
}

/** The states as a filter calls them, in every language. */
export const STATES = ['running', 'complete', 'pruned', 'failed', 'waiting', 'paused', 'interrupted'] as const;
export type FilterState = (typeof STATES)[number];

export function stateAt(model: TrialModel, number: number): number {
  const state = model.state(number);
  if (state === TrialState.running) return model.isInterrupted(number) ? 6 : 0;
  return state === TrialState.waiting && model.isPaused(number) ? 5 : state;
}

/**
 * In the order in which they are offered; of equal names the first one has the short one. They hold for one version of the
 * model: its arrays are others after they grew.
 */
export function filterColumns(model: TrialModel, metricNames: readonly string[]): FilterColumn[] {
  const numbers = (name: string, longName: string, at: (number: number) => number): FilterColumn => {
    return { name, longName, choices: null, isClosed: false, at };
  };
  return [
    ...metricNames.map((name, objective) =>
      numbers(name, `values.${name}`, (number) => model.value(number, objective)),
    ),
    ...[...model.parameters.values()].map(({ name, choices, values }): FilterColumn => {
      const at = (number: number) => values[number] ?? Number.NaN;
      return { name, longName: `params.${name}`, choices, isClosed: choices !== null, at, values };
    }),
    { name: 'state', longName: 'trial.state', choices: STATES, isClosed: true, at: (number) => stateAt(model, number) },
    numbers('trial', 'trial.number', (number) => number),
    numbers('duration', 'trial.duration', (number) => model.duration(number) / 1000),
    numbers('step', 'trial.step', (number) => {
      const { step } = model.curves.last(number);
      return step === Number.NEGATIVE_INFINITY ? Number.NaN : step;
    }),
    numbers('last', 'trial.last', (number) => model.curves.last(number).value),
    ...model.attributes.map(({ name, kind, choices, values }): FilterColumn => {
      const longName = kind === 'worker' ? 'trial.worker' : `attrs.${name}`;
      return { name, longName, choices, isClosed: false, at: (number) => values[number] ?? Number.NaN, values };
    }),
    ...markColumns(model),
    {
      name: 'feasible',
      longName: 'trial.feasible',
      choices: [false, true],
      isClosed: true,
      at: (number) => Number(model.isFeasible(number)),
    },
  ];
}

function markColumns({ marks }: TrialModel): FilterColumn[] {
  if (marks.size === 0) return [];
  const tags = [...new Set([...marks.values()].flatMap(({ tags: own }) => (own.length > 0 ? [own.join(', ')] : [])))];
  const place = new Map(tags.map((text, at) => [text, at]));
  const at = (number: number) => place.get(marks.get(number)?.tags.join(', ') ?? '') ?? Number.NaN;
  return [
    {
      name: 'star',
      longName: 'trial.star',
      choices: [false, true],
      isClosed: true,
      at: (number) => Number(marks.get(number)?.star === true),
    },
    ...(tags.length > 0 ? [{ name: 'tags', longName: 'trial.tags', choices: tags, isClosed: false, at }] : []),
  ];
}

export function findColumn(columns: readonly FilterColumn[], name: string): FilterColumn | undefined {
  return columns.find((column) => column.name === name) ?? columns.find((column) => column.longName === name);
}

/** The name by which the line finds a column: the short one unless an earlier column has it. */
export function usedName(columns: readonly FilterColumn[], column: FilterColumn): string {
  return findColumn(columns, column.name) === column ? column.name : column.longName;
}
