/** From the first trial to the best, one change after the other: what a model expects each to contribute. */
import type { PathStep } from '../../src/core/importance/effects.ts';
import type { ModelParameter } from '../model/model.ts';
import type { PlotContent, PlotOptions, PlotPoint } from '../plot/plotData.ts';
import { padRange } from '../plot/scales.ts';
import { choiceLabels, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { ChartDefinition } from './charts.ts';
import { valueAxis } from './objectiveAxis.ts';
import type { Scene } from './scene.ts';

/** Changes that have a line of their own; the smallest ones after them are one. */
const MOST_STEPS = 8;
/** Characters of a label: by the points of budget that a chart of a width has, so that less than half of it is words. */
const LONGEST_LABEL = 34;
const POINTS_A_CHARACTER = 60;
const SHORTEST_NAME = 5;
const LONGEST_VALUE = 10;

export const PATH: ChartDefinition = {
  id: 'path',
  title: (t) => t('path'),
  needs: ({ answer }) => (answer?.expected?.path.length ?? 0) > 1,
  build: (scene, options, t) => buildPath(scene, options, t),
  tabs: ['parameters'],
  span: 6,
  asks: true,
};

export function buildPath(scene: Scene, { objectiveName, best, budget }: PlotOptions, t: Translate): PlotContent {
  const path = scene.answer?.expected?.path ?? [];
  if (path.length < 2) return { empty: t('noPath') };
  const steps = path.length - 1 > MOST_STEPS ? [...path.slice(0, MOST_STEPS), path.at(-1) as PathStep] : path;
  const rest = path.length - steps.length;
  const longest = Math.min(LONGEST_LABEL, Math.floor(budget / POINTS_A_CHARACTER));
  const place = (at: number) => steps.length - 1 - at;
  const label = (at: number) => {
    const step = steps[at] as PathStep;
    if (step.name === null) return t('trialTitle', { number: 0 });
    if (rest > 0 && at === steps.length - 1) return t('pathRest', { count: rest + 1 });
    // The values are in full: it is they that a person reads off.
    const change = changeText(step, scene.model.parameters.get(step.name));
    return `${shorten(step.name, Math.max(SHORTEST_NAME, longest - change.length))} ${change}`;
  };
  const lows = steps.flatMap(({ low, high }) => [low, high]);
  const [low, high] = [Math.min(...lows), Math.max(...lows)];
  const range = { ...padRange(low, high, false), log: false };
  const point = (x: number, at: number, n: number): PlotPoint => ({ x, y: place(at), n });
  const means = steps.map(({ mean }, at) => point(mean, at, at === 0 ? 0 : (best ?? 0)));
  const intervals = steps.flatMap((step, at) => [
    point(step.low, at, 0),
    point(step.high, at, 0),
    { ...point(step.high, at, 0), y: Number.NaN },
  ]);
  const first = steps[0] as PathStep;
  const largest = steps[1] as PathStep;
  const name = largest.name ?? '';
  return {
    empty: null,
    data: {
      x: valueAxis(objectiveName, range),
      y: {
        min: -0.6,
        max: steps.length - 0.4,
        log: false,
        ticks: [...steps.keys()].map(place).sort((one, other) => one - other),
        label: (tick) => label(place(tick)),
        name: '',
      },
      sets: [
        { style: 'interval', points: intervals },
        { style: 'frontLine', points: means },
        { style: 'expected', points: means },
      ],
      isCurves: false,
      locate: () => [],
      trials: [],
    },
    note: t('pathNote'),
    label: t('pathLabel', {
      objective: objectiveName,
      from: formatSignificant(first.mean, 4),
      to: formatSignificant((steps.at(-1) as PathStep).mean, 4),
      parameter: name,
      value: formatSignificant(largest.mean, 4),
    }),
  };
}

/** `0.01 → 3e-4`, as far as the trials have the parameter. */
function changeText({ from, to }: PathStep, parameter: ModelParameter | undefined): string {
  const labels = parameter?.choices ? choiceLabels(parameter.choices, LONGEST_VALUE) : null;
  const text = (value: number) => {
    if (Number.isNaN(value)) return '–';
    return labels ? (labels[value] ?? '?') : formatSignificant(value, 3);
  };
  return `${text(from)} → ${text(to)}`;
}

function shorten(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
