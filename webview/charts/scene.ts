import { TrialState } from '../../src/core/study/states.ts';
import type { ValueFormat } from '../../src/core/text/numbers.ts';
import type { PanelHeader, PanelImportance } from '../../src/protocol/panel.ts';
import type { Tab } from '../board/arrangement.ts';
import { type FilterColumn, findColumn, usedName } from '../filter/columns.ts';
import type { Condition } from '../filter/condition.ts';
import type { Selection } from '../filter/crossfilter.ts';
import { colouringBy } from '../model/colouring.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotOptions } from '../plot/plotData.ts';
import type { Comparison } from '../studies/comparison.ts';
import type { Theme } from '../ui/theme.ts';
import { isAllPositive, objectiveRange } from './objectiveAxis.ts';
import type { Choices } from './panelState.ts';
import type { Pair } from './paretoChart.ts';

/** What the objectives of a study are called and how their values are written. */
export interface ShownObjective {
  readonly name: string;
  /** The values as the charts show them, by trial number. */
  readonly values: Float64Array;
  readonly format: ValueFormat;
}

/** Everything that a drawing depends on. */
export interface Scene {
  readonly model: TrialModel;
  readonly header: PanelHeader;
  readonly choices: Choices;
  /** The tab that is open: the chosen one if the study has something for it. */
  readonly tab: Tab;
  readonly objectives: readonly ShownObjective[];
  readonly theme: Theme;
  /** Importance and what a model expects, of the trials and the objective that are shown; null until it is known. */
  readonly answer: PanelImportance | null;
  /** Trials that the filter leaves. */
  readonly selection: Selection;
  /** What each condition of the filter is; null for one that can't be read. */
  readonly conditions: readonly (Condition | null)[];
  readonly columns: readonly FilterColumn[];
  /** The studies beside each other, as far as they are known. */
  readonly comparison: Comparison;
}

export function namesOf({ objectives }: Scene): string[] {
  return objectives.map(({ name }) => name);
}

/** The chosen objective, or the last one of a study that has fewer. */
export function objectiveOf({ objectives, choices }: Scene): number {
  return Math.min(choices.objective, objectives.length - 1);
}

export function pairOf({ objectives, choices }: Scene): Pair {
  return Math.max(...choices.pair) < objectives.length ? choices.pair : [0, 1];
}

/** Whether no more trials are to come. */
const ENDED: ReadonlySet<PanelHeader['run']> = new Set(['idle', 'finished', 'stopped', 'failed']);

/** The parameter of the parameter chart: the chosen one if the study has it, else the first. */
export function parameterOf({ model, choices }: Scene): string | null {
  const { parameters } = model;
  if (choices.parameter !== null && parameters.has(choices.parameter)) return choices.parameter;
  return parameters.keys().next().value ?? null;
}

/** Parameters by importance as far as it is known, then as the study has them. */
export function byImportance({ model, answer }: Scene): readonly string[] {
  const known = (answer?.parameters ?? []).map(({ name }) => name).filter((name) => model.parameters.has(name));
  return [...new Set([...known, ...model.parameters.keys()])];
}

/** The pair that is looked at: the chosen one if the study has it, else the two most important; null without two. */
export function parametersOf(scene: Scene): readonly [x: string, y: string] | null {
  const { choices, model } = scene;
  if (choices.parameters?.every((name) => model.parameters.has(name))) return choices.parameters;
  const [x, y] = byImportance(scene);
  return x !== undefined && y !== undefined ? [x, y] : null;
}

export function isLogPossible(scene: Scene): boolean {
  const objective = scene.objectives[objectiveOf(scene)];
  return objective !== undefined && isAllPositive(objective.values);
}

/** Whether any trial has a value of the chosen objective that an axis can show. */
export function hasValues(scene: Scene): boolean {
  const objective = objectiveOf(scene);
  const { values } = scene.objectives[objective] ?? {};
  return values !== undefined && objectiveRange(scene.model, values, { objective, log: false }) !== null;
}

/** Whether so many trials completed with a value that an axis can show. */
export function hasComplete(scene: Scene, least = 1): boolean {
  const { states } = scene.model;
  const { values = [] } = scene.objectives[objectiveOf(scene)] ?? {};
  let found = 0;
  for (let number = 0; number < states.length && found < least; number++) {
    if (states[number] === TrialState.complete && Number.isFinite(values[number])) found++;
  }
  return found >= least && hasValues(scene);
}

export function plotOptions(scene: Scene, budget: number): PlotOptions {
  const objective = objectiveOf(scene);
  const { header, choices, columns, selection } = scene;
  return {
    objective,
    selection,
    filterName: (longName) => {
      const column = findColumn(columns, longName);
      return column ? usedName(columns, column) : longName;
    },
    objectiveName: scene.objectives[objective]?.name ?? '',
    log: choices.log && isLogPossible(scene),
    byTime: choices.byTime,
    colouring: colouringBy(scene.model, choices.colour),
    smoothing: choices.smoothing,
    best: header.best,
    selected: choices.selected,
    total: ENDED.has(header.run) ? null : header.total,
    budget,
  };
}
