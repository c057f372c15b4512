/** One parameter against the objective, with what a model expects along it. */
import type { ParameterEffect } from '../../src/core/importance/effects.ts';
import type { ModelParameter, TrialModel } from '../model/model.ts';
import {
  type Band,
  type PlotAxis,
  type PlotContent,
  type PlotOptions,
  type PlotPoint,
  withParts,
} from '../plot/plotData.ts';
import { type AxisRange, clampTo, jitter, ticks } from '../plot/scales.ts';
import { choiceLabels, formatCount, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { ChartDefinition } from './charts.ts';
import { joined } from './objectiveAxis.ts';
import { objectiveScatter } from './objectiveScatter.ts';
import { byImportance, hasValues, parameterOf, type Scene } from './scene.ts';

/** Ranges of at most this many integers are spread out a little, like choices. */
const SPREAD_INTEGERS = 20;
const LONGEST_LABEL = 14;
/** Share of a choice's place that its cells take in a density: wider than the points are spread. */
const BAND = 0.6;

/** `effect`: what a model expects along the parameter; null where there is none. */
export function buildParameter(
  model: TrialModel,
  name: string | null,
  options: PlotOptions,
  t: Translate,
  effect: ParameterEffect | null = null,
): PlotContent {
  const parameter = name === null ? undefined : model.parameters.get(name);
  if (!parameter) return { empty: model.length === 0 ? t('noTrials') : t('noParameters') };
  const spread = spreadOf(parameter);
  const scatter = objectiveScatter(
    model,
    {
      key: parameter.name,
      x: (number) => (parameter.values[number] as number) + (spread === 0 ? 0 : spread * jitter(number)),
      has: (number) => !Number.isNaN(parameter.values[number] ?? Number.NaN),
      axis: () => parameterAxis(parameter, options.filterName(`params.${parameter.name}`)),
      empty: t('noParameterValues', { parameter: parameter.name }),
      guides: (range) => (effect ? [{ style: 'effect', points: effectLine(effect, parameter, range) }] : []),
    },
    options,
    t,
  );
  if (scatter.empty !== null) return scatter;
  const label = t('parameterLabel', {
    objective: options.objectiveName,
    parameter: parameter.name,
    count: formatCount(scatter.count),
  });
  const best = effect ? bestPlaces(effect, parameter, model.isMinimized(options.objective), t) : '';
  const said = effect ? t('effectLabel', { objective: options.objectiveName, best }) : '';
  return {
    ...scatter,
    data: effect ? withParts(scatter.data, { areas: [effectBand(effect, parameter)] }) : scatter.data,
    note:
      joined([best, scatter.note]) ||
      t('parameterNote', { objective: options.objectiveName, parameter: parameter.name }),
    label: joined([label, scatter.note, said], ' '),
  };
}

/** Half of the room that the line of a choice takes beside its middle. */
const CHOICE_HALF = 0.3;

/** A line over a range; a short level one for each choice. */
function effectLine({ at, mean }: ParameterEffect, { choices }: ModelParameter, range: AxisRange): PlotPoint[] {
  return Array.from(at, (x, place) => {
    const y = clampTo(range, mean[place] as number);
    if (!choices) return [{ x, y, n: 0 }];
    return [
      { x: x - CHOICE_HALF, y, n: 0 },
      { x: x + CHOICE_HALF, y, n: 0 },
      { x: x + CHOICE_HALF, y: Number.NaN, n: 0 },
    ];
  }).flat();
}

function effectBand({ at, low, high }: ParameterEffect, { choices }: ModelParameter): Band {
  if (!choices) return { x: [...at], low: [...low], high: [...high] };
  const sides = [-CHOICE_HALF, CHOICE_HALF, CHOICE_HALF];
  const ends = (values: Float64Array) => Array.from(values, (value) => [value, value, Number.NaN]).flat();
  return { x: Array.from(at, (x) => sides.map((side) => x + side)).flat(), low: ends(low), high: ends(high) };
}

/**
 * Where the parameter is expected to be best: all places around the best one that are no farther from it than the model
 * tells them apart. Says where that is everywhere.
 */
export function bestPlaces(
  { at, mean, low, high }: ParameterEffect,
  { choices, kind }: ModelParameter,
  isMinimized: boolean,
  t: Translate,
): string {
  const sign = isMinimized ? 1 : -1;
  let best = 0;
  for (let place = 1; place < at.length; place++) {
    if (sign * (mean[place] as number) < sign * (mean[best] as number)) best = place;
  }
  const room = ((high[best] as number) - (low[best] as number)) / 2;
  const isGood = (place: number) => sign * ((mean[place] as number) - (mean[best] as number)) <= room;
  const places = [...at.keys()];
  if (places.every(isGood)) return t('effectFlat');
  if (choices) {
    const labels = choiceLabels(choices, LONGEST_LABEL);
    const named = places.filter(isGood).map((place) => labels[at[place] as number]);
    return t('effectBest', { range: named.slice(0, 2).join(', ') + (named.length > 2 ? ' …' : '') });
  }
  let [from, to] = [best, best];
  while (from > 0 && isGood(from - 1)) from--;
  while (to < at.length - 1 && isGood(to + 1)) to++;
  const digits = kind === 'int' ? 6 : 2;
  const [first, last] = [from, to].map((place) => formatSignificant(at[place] as number, digits));
  return t('effectBest', { range: first === last ? String(first) : `${first} … ${last}` });
}

/** The most important parameters against the objective, one tile each. */
const SLICES = 8;

export const SLICE_CHARTS: readonly ChartDefinition[] = Array.from({ length: SLICES }, (_, place) => ({
  id: `slice${place}`,
  title: (t, scene) => (scene && byImportance(scene)[place]) ?? t('sliceOf', { place: place + 1 }),
  needs: (scene) => hasValues(scene) && scene.model.parameters.size > place,
  build: (scene, options, t) => {
    const name = byImportance(scene)[place] ?? null;
    return buildParameter(scene.model, name, options, t, effectOf(scene, name));
  },
  tabs: ['parameters'],
  span: 3,
  asks: true,
}));

export const PARAMETER: ChartDefinition = {
  id: 'parameter',
  title: (t) => t('parameter'),
  needs: (scene) => parameterOf(scene) !== null && hasValues(scene),
  build: (scene, options, t) => {
    const name = parameterOf(scene);
    return buildParameter(scene.model, name, options, t, effectOf(scene, name));
  },
  tabs: ['overview'],
  span: 6,
  asks: true,
};

function effectOf({ answer }: Scene, name: string | null): ParameterEffect | null {
  return answer?.expected?.effects.find((effect) => effect.name === name) ?? null;
}

export function spreadOf({ choices, kind, low, high, log }: ModelParameter): number {
  if (choices) return 0.5;
  return kind === 'int' && !log && high - low <= SPREAD_INTEGERS ? 0.3 : 0;
}

export function parameterAxis(parameter: ModelParameter, filterName: string): PlotAxis {
  const { choices, name } = parameter;
  const isWhole = parameter.kind === 'int';
  if (choices) {
    const labels = choiceLabels(choices, LONGEST_LABEL);
    return {
      min: -0.6,
      max: choices.length - 0.4,
      log: false,
      ticks: choices.map((_, index) => index),
      label: (tick) => labels[tick] ?? '?',
      whole: { from: 0, share: BAND },
      name,
      brush: { name: filterName, choices, isWhole, range: { min: 0, max: choices.length - 1, log: false } },
    };
  }
  const { low, high } = measuredRange(parameter);
  const axis = padded(low, high, parameter.log && low > 0);
  const found = ticks(axis, 6);
  return {
    ...axis,
    ticks: parameter.kind === 'int' ? found.filter(Number.isInteger) : found,
    label: (tick) => formatSignificant(tick, 3),
    ...(parameter.kind === 'int' && !axis.log
      ? { whole: { from: low, share: spreadOf(parameter) > 0 ? BAND : 1 } }
      : {}),
    name,
    brush: { name: filterName, choices: null, isWhole, range: { min: low, max: high, log: axis.log } },
  };
}

/** The parameter's range, and further where trials lie outside: its range may have been another before. */
export function measuredRange({ low, high, values }: ModelParameter) {
  const range = { low, high };
  for (let number = 0; number < values.length; number++) {
    const value = values[number] as number;
    if (value < range.low) range.low = value;
    if (value > range.high) range.high = value;
  }
  return range;
}

function padded(low: number, high: number, log: boolean) {
  if (low === high) return log ? { min: low / 2, max: high * 2, log } : { min: low - 1, max: high + 1, log };
  const share = 0.03;
  if (log) return { min: low / (high / low) ** share, max: high * (high / low) ** share, log };
  return { min: low - (high - low) * share, max: high + (high - low) * share, log };
}
