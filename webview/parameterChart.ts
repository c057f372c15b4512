/** One parameter against the objective. */
import { formatChoice, formatSignificant } from './format.ts';
import type { ModelParameter, TrialModel } from './model.ts';
import { clippedNote, noValueSentence, objectiveRange, shownValues, trialSets, valueAxis } from './objectiveAxis.ts';
import type { PlotAxis, PlotContent, PlotOptions } from './plotData.ts';
import { clampTo, jitter, ticks } from './scales.ts';
import type { Translate } from './strings.ts';

/** Ranges of at most this many integers are spread out a little, like choices. */
const SPREAD_INTEGERS = 20;
const LONGEST_LABEL = 14;

export function buildParameter(
  model: TrialModel,
  name: string | null,
  options: PlotOptions,
  t: Translate,
): PlotContent {
  const parameter = name === null ? undefined : model.parameters.get(name);
  if (!parameter) return { empty: model.length === 0 ? t('noTrials') : t('noParameters') };
  const values = shownValues(model, options.objective);
  const range = objectiveRange(model, values, options);
  if (!range) return { empty: noValueSentence(model, values, t) };
  const isShown = (number: number) =>
    !Number.isNaN((parameter.values[number] ?? Number.NaN) + (values[number] as number));
  const shown: number[] = [];
  for (let number = 0; number < model.length; number++) {
    if (isShown(number)) shown.push(number);
  }
  if (shown.length === 0) return { empty: t('noParameterValues', parameter.name) };
  const spread = spreadOf(parameter);
  const x = (number: number) => (parameter.values[number] as number) + (spread === 0 ? 0 : spread * jitter(number));
  const y = (number: number) => clampTo(range, values[number] as number);
  return {
    empty: null,
    data: {
      x: parameterAxis(parameter, shown),
      y: valueAxis(range, range.min),
      sets: trialSets(model, shown, values, { x, y }, range, options),
      isCurves: false,
      locate: (number) => (isShown(number) ? [{ x: x(number), y: y(number), n: number }] : []),
      trials: shown,
    },
    note: clippedNote(range, t) || t('parameterNote', options.objectiveName, parameter.name),
    label: t('parameterLabel', options.objectiveName, parameter.name, shown.length),
  };
}

function spreadOf({ choices, kind, low, high, log }: ModelParameter): number {
  if (choices) return 0.5;
  return kind === 'int' && !log && high - low <= SPREAD_INTEGERS ? 0.3 : 0;
}

function parameterAxis(parameter: ModelParameter, shown: readonly number[]): PlotAxis {
  const { choices } = parameter;
  if (choices) {
    return {
      min: -0.6,
      max: choices.length - 0.4,
      log: false,
      ticks: choices.map((_, index) => index),
      label: (tick) => shorten(formatChoice(choices[tick])),
    };
  }
  let { low, high } = parameter;
  for (const number of shown) {
    const value = parameter.values[number] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const axis = padded(low, high, parameter.log && low > 0);
  const found = ticks(axis, 6);
  return {
    ...axis,
    ticks: parameter.kind === 'int' ? found.filter(Number.isInteger) : found,
    label: (tick) => formatSignificant(tick, 3),
  };
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
