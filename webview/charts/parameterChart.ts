/** One parameter against the objective. */

import type { ModelParameter, TrialModel } from '../model/model.ts';
import type { PlotAxis, PlotContent, PlotOptions } from '../plot/plotData.ts';
import { jitter, ticks } from '../plot/scales.ts';
import { formatChoice, formatCount, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { joined } from './objectiveAxis.ts';
import { objectiveScatter } from './objectiveScatter.ts';

/** Ranges of at most this many integers are spread out a little, like choices. */
const SPREAD_INTEGERS = 20;
const LONGEST_LABEL = 14;
/** Share of a choice's place that its cells take in a density: wider than the points are spread. */
const BAND = 0.6;

export function buildParameter(
  model: TrialModel,
  name: string | null,
  options: PlotOptions,
  t: Translate,
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
  return {
    ...scatter,
    note: scatter.note || t('parameterNote', { objective: options.objectiveName, parameter: parameter.name }),
    label: joined([label, scatter.note], ' '),
  };
}

function spreadOf({ choices, kind, low, high, log }: ModelParameter): number {
  if (choices) return 0.5;
  return kind === 'int' && !log && high - low <= SPREAD_INTEGERS ? 0.3 : 0;
}

function parameterAxis(parameter: ModelParameter, filterName: string): PlotAxis {
  const { choices, name } = parameter;
  const isWhole = parameter.kind === 'int';
  if (choices) {
    return {
      min: -0.6,
      max: choices.length - 0.4,
      log: false,
      ticks: choices.map((_, index) => index),
      label: (tick) => shorten(formatChoice(choices[tick])),
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

function shorten(label: string): string {
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label;
}
