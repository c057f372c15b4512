/** Builds the panel's messages from small trial objects; a plain mirror of what the typed columns mean. */
import { Direction, type TrialState } from '../../../src/core/study/states.ts';
import type { PanelHeader, PanelParameter, PanelRows, PanelSchedule } from '../../../src/protocol/panel.ts';
import { TrialModel } from '../../../webview/model/model.ts';

export interface TrialLike {
  state: TrialState;
  value?: number;
  /** Instead of `value`, one an objective. */
  values?: readonly number[];
  /** What a scheduler noted; all that is left out is not noted. */
  noted?: Noted;
  params?: Record<string, number>;
  curve?: [number, number][];
  feasible?: boolean;
  startedAt?: number;
  completedAt?: number;
}

export interface Noted {
  paused?: boolean;
  rungs?: readonly number[];
  bracket?: number;
  generation?: number;
  member?: number;
  parent?: number;
  trained?: readonly [from: number, to: number];
}

export const PARAMETERS: readonly Omit<PanelParameter, 'values'>[] = [
  { name: 'lr', kind: 'float', log: true, low: 1e-5, high: 1, choices: null, step: null },
  { name: 'layers', kind: 'int', log: false, low: 1, high: 8, choices: null, step: 1 },
  { name: 'optim', kind: 'categorical', log: false, low: 0, high: 2, choices: ['sgd', null, true], step: null },
];

export function rowsOf(trials: readonly TrialLike[], numbers = trials.map((_, number) => number)): PanelRows {
  const chosen = numbers.map((number) => trials[number] as TrialLike);
  const curves = chosen.map(({ curve }) => curve ?? []);
  const offsets = [0];
  for (const curve of curves) offsets.push((offsets.at(-1) as number) + curve.length);
  return {
    numbers: Uint32Array.from(numbers),
    states: Uint8Array.from(chosen, ({ state }) => state),
    feasible: Uint8Array.from(chosen, ({ feasible }) => (feasible === false ? 0 : 1)),
    values: Float64Array.from(chosen.flatMap(({ value, values }) => values ?? [value ?? Number.NaN])),
    startedAt: Float64Array.from(chosen, ({ startedAt }) => startedAt ?? Number.NaN),
    completedAt: Float64Array.from(chosen, ({ completedAt }) => completedAt ?? Number.NaN),
    parameters: PARAMETERS.map((parameter) => ({
      ...parameter,
      values: Float64Array.from(chosen, ({ params }) => params?.[parameter.name] ?? Number.NaN),
    })),
    attributes: [],
    curveOffsets: Uint32Array.from(offsets),
    curveSteps: Float64Array.from(curves.flat(), ([step]) => step),
    curveValues: Float64Array.from(curves.flat(), ([, value]) => value),
    schedule: scheduleRows(chosen.map(({ noted }) => noted)),
  };
}

function scheduleRows(noted: readonly (Noted | undefined)[]): PanelSchedule | null {
  if (noted.every((one) => one === undefined)) return null;
  const offsets = [0];
  for (const one of noted) offsets.push((offsets.at(-1) as number) + (one?.rungs?.length ?? 0));
  const column = (key: 'bracket' | 'generation' | 'member' | 'parent') =>
    Int32Array.from(noted, (one) => one?.[key] ?? -1);
  return {
    paused: Uint8Array.from(noted, (one) => Number(one?.paused === true)),
    rungOffsets: Uint32Array.from(offsets),
    rungs: Float64Array.from(noted.flatMap((one) => one?.rungs ?? [])),
    areRungsSteps: true,
    brackets: column('bracket'),
    generations: column('generation'),
    members: column('member'),
    parents: column('parent'),
    trainedFrom: Float64Array.from(noted, (one) => one?.trained?.[0] ?? Number.NaN),
    trainedTo: Float64Array.from(noted, (one) => one?.trained?.[1] ?? Number.NaN),
  };
}

export function headerOf(part: Partial<PanelHeader> = {}): PanelHeader {
  return {
    studyId: 'here#study',
    studyName: 'study',
    run: 'running',
    message: null,
    directions: [Direction.minimize],
    metricNames: ['loss'],
    finished: 0,
    total: null,
    population: null,
    startedAt: null,
    etaMs: null,
    elsewhere: 0,
    best: null,
    ahead: null,
    front: new Uint32Array(0),
    interrupted: [],
    canStart: false,
    steering: [],
    canStop: false,
    budget: null,
    parallel: null,
    runningHere: 0,
    canRunMore: false,
    canInsert: false,
    ...part,
  };
}

export function modelOf(trials: readonly TrialLike[], part: Partial<PanelHeader> = {}): TrialModel {
  const model = new TrialModel();
  model.load(headerOf(part), rowsOf(trials));
  return model;
}
