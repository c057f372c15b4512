/** Models of many trials, made from columns: objects would take seconds for a million. */
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import type { PanelHeader, PanelRows } from '../../../src/protocol/panel.ts';
import { TrialModel } from '../../../webview/model/model.ts';
import { headerOf, PARAMETERS } from './panelRows.ts';

export interface Trial {
  state: TrialState;
  values: number[];
  /** lr, layers and optim, as in PARAMETERS. */
  params: [number, number, number];
}

/**
 * Values of which 0.6 % lie above 0.6 and the rest near 0.25; learning rates of which each decade from 1e-5 to 1e-1 has a
 * quarter; eight numbers of layers; three optimizers, the last one as often as the others together.
 */
export function knownTrial(random: () => number, objectives = 1): Trial {
  const value = random() < 0.006 ? 0.6 + 0.3 * random() : 0.2 + 0.1 * (random() + random());
  const values = objectives === 1 ? [value] : [value, 100 * random() ** 2];
  const optim = Math.min(2, Math.floor(4 * random()));
  return {
    state: TrialState.complete,
    values,
    params: [10 ** (-5 + 4 * random()), 1 + Math.floor(8 * random()), optim],
  };
}

export function columnsOf(trials: readonly Trial[], numbers = Uint32Array.from(trials, (_, row) => row)): PanelRows {
  const width = trials[0]?.values.length ?? 1;
  const values = new Float64Array(trials.length * width);
  for (const [row, trial] of trials.entries()) values.set(trial.values, row * width);
  return {
    numbers,
    states: Uint8Array.from(trials, ({ state }) => state),
    feasible: new Uint8Array(trials.length).fill(1),
    values,
    startedAt: new Float64Array(trials.length),
    completedAt: new Float64Array(trials.length),
    parameters: PARAMETERS.map((parameter, index) => ({
      ...parameter,
      values: Float64Array.from(trials, ({ params }) => params[index] as number),
    })),
    attributes: [],
    curveOffsets: new Uint32Array(trials.length + 1),
    curveSteps: new Float64Array(0),
    curveValues: new Float64Array(0),
    schedule: null,
  };
}

export function modelOfMany(trials: readonly Trial[], part: Partial<PanelHeader> = {}): TrialModel {
  const model = new TrialModel();
  const directions = (trials[0]?.values ?? [0]).map(() => Direction.minimize);
  model.load(headerOf({ directions, ...part }), columnsOf(trials));
  return model;
}

/** Curves by trial number, each [step, value] by [step, value]. */
export function modelOfCurves(
  curves: readonly (readonly [number, number][])[],
  states: readonly TrialState[],
): TrialModel {
  const trials = curves.map((curve, number): Trial => {
    const state = states[number] as TrialState;
    return { state, values: [curve.at(-1)?.[1] ?? Number.NaN], params: [1e-3, 1, 0] };
  });
  const offsets = new Uint32Array(curves.length + 1);
  for (const [row, curve] of curves.entries()) offsets[row + 1] = (offsets[row] as number) + curve.length;
  const points = curves.flat();
  const model = new TrialModel();
  model.load(headerOf(), {
    ...columnsOf(trials),
    curveOffsets: offsets,
    curveSteps: Float64Array.from(points, ([step]) => step),
    curveValues: Float64Array.from(points, ([, value]) => value),
  });
  return model;
}
