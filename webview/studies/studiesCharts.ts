/** The charts that compare studies: a line a study, or one with a band for studies that repeat each other. */
import { Direction } from '../../src/core/study/states.ts';
import { ValueFormat } from '../../src/core/text/numbers.ts';
import type { ComparedStudy } from '../../src/protocol/panel.ts';
import type { ChartDefinition } from '../charts/charts.ts';
import { stepped } from '../charts/edfChart.ts';
import { clippedNote, elapsedAxis, isAllPositive, joined, trialAxis, valueAxis } from '../charts/objectiveAxis.ts';
import { namesOf, objectiveOf, type Scene } from '../charts/scene.ts';
import { thin } from '../model/decimate.ts';
import {
  type Band,
  MOST_STUDY_LINES,
  type PlotAxis,
  type PlotContent,
  type PlotPoint,
  type StudyStyle,
} from '../plot/plotData.ts';
import { clampTo, ticks, type ValueRange, valueRange } from '../plot/scales.ts';
import { formatClock, formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { TooltipText } from '../ui/tooltip.ts';
import {
  bestSteps,
  isVolume,
  joinSteps,
  type LineSteps,
  lastTime,
  linesOf,
  QUARTILES_FROM,
  type StudyLine,
} from './comparison.ts';

/** A line that is drawn, and its place among the styles. */
export interface DrawnLine extends StudyLine {
  readonly style: StudyStyle;
}

const CHARTED: Pick<ChartDefinition, 'needs' | 'tabs' | 'span'> = {
  needs: ({ tab, comparison }) => tab === 'studies' && comparison.usable.length > 0,
  tabs: ['studies'],
  span: 6,
};

export const STUDY_CHARTS: readonly ChartDefinition[] = [
  {
    id: 'studiesBest',
    title: titleOfBest,
    build: (scene, _, t) => buildBest(scene, t),
    ...CHARTED,
  },
  {
    id: 'studiesEdf',
    title: (t, scene) => t('studiesEdf', { objective: scene ? objectiveName(scene) : '' }),
    build: (scene, _, t) => buildEdf(scene, t),
    ...CHARTED,
  },
];

function titleOfBest(t: Translate, scene: Scene | null): string {
  const byTime = scene?.choices.byTime === true;
  if (scene && isVolume(scene.objectives.length)) return t(byTime ? 'studiesVolumeByTime' : 'studiesVolume');
  return t(byTime ? 'studiesBestByTime' : 'studiesBest', { objective: scene ? objectiveName(scene) : '' });
}

function objectiveName(scene: Scene): string {
  return namesOf(scene)[objectiveOf(scene)] ?? '';
}

/** The lines in their colours: the panel's own study first, and of too many those that are best. */
export function drawnLines({ comparison, choices, objectives }: Scene): readonly DrawnLine[] {
  const usable = comparison.usable;
  const lines = linesOf(usable, choices.repeats);
  const isSeveral = objectives.length > 1;
  const kept =
    lines.length <= MOST_STUDY_LINES || isSeveral
      ? lines.slice(0, MOST_STUDY_LINES)
      : [
          ...lines.slice(0, 1),
          ...lines
            .slice(1)
            .sort((one, other) => costOf(one) - costOf(other))
            .slice(0, MOST_STUDY_LINES - 1),
        ];
  return kept.map((line, at) => ({ ...line, style: `study${at}` as StudyStyle }));
}

function costOf({ studies }: StudyLine): number {
  const best = joinSteps(studies.flatMap((study) => bestSteps(study, 0, false) ?? []))?.y.at(-1) ?? Number.NaN;
  const cost = studies[0]?.directions[0] === Direction.maximize ? -best : best;
  return Number.isNaN(cost) ? Number.POSITIVE_INFINITY : cost;
}

function buildBest(scene: Scene, t: Translate): PlotContent {
  const { comparison, choices, objectives } = scene;
  const isOfVolume = isVolume(objectives.length);
  const objective = isOfVolume ? 0 : objectiveOf(scene);
  const { byTime } = choices;
  const stepsFor = (study: ComparedStudy) =>
    isOfVolume ? comparison.volumeSteps(study, byTime) : bestSteps(study, objective, byTime);
  const drawn = drawnLines(scene).flatMap((line) => {
    const steps = joinSteps(line.studies.flatMap((study) => stepsFor(study) ?? []));
    return steps ? [{ line, steps }] : [];
  });
  if (comparison.isUnfinished && drawn.length === 0) return { empty: t('studiesReading') };
  if (drawn.length === 0) return { empty: t(byTime ? 'noComparedTimes' : 'noCompared') };
  const values = Float64Array.from(drawn.flatMap(({ steps: { y, low, high } }) => [...y, ...low, ...high]));
  const better = isOfVolume || comparison.usable[0]?.directions[objective] === Direction.maximize ? 'high' : 'low';
  const range = valueRange(values, { log: choices.log && isAllPositive(values), better });
  if (!range) return { empty: t('noCompared') };
  const name = isOfVolume ? t('hypervolumeName') : objectiveName(scene);
  const longest = Math.max(...drawn.map(({ steps: { x } }) => x.at(-1) as number));
  const { axis, place } = acrossAxis(byTime, longest, t);
  const lines = drawn.map(({ line, steps }) => ({ line, steps, ...drawnSteps(line.style, steps, range, place) }));
  const format = ValueFormat.of(values);
  const describe = (index: number): TooltipText => {
    const { line, steps } = lines[index] as (typeof lines)[number];
    return {
      key: `line ${index} ${choices.byTime}`,
      title: titleOf(line, t),
      lines: factsOf(line, steps, name, format, t),
    };
  };
  const said = lines.map(({ line, steps }) => `${titleOf(line, t)} ${format.format(steps.y.at(-1) as number)}`);
  const note = noteOf(scene, drawn, range, t);
  return {
    empty: null,
    data: {
      x: axis,
      y: valueAxis(name, range),
      sets: lines.map(({ line, points }, index) => ({
        style: line.style,
        points: points.map((point) => ({ ...point, n: index })),
      })),
      areas: lines.flatMap(({ band }) => band ?? []),
      isCurves: true,
      describe,
      locate: () => [],
      trials: [],
    },
    note,
    label: t('studiesBestLabel', { title: titleOfBest(t, scene), lines: said.join(', ') }),
  };
}

function acrossAxis(byTime: boolean, longest: number, t: Translate) {
  if (byTime) return elapsedAxis(0, longest, t('elapsed'));
  const axis: PlotAxis = trialAxis(longest + 1, null, t('finishedTrials'));
  return { axis, place: (at: number) => at };
}

/** Level up to each step, and a band of the same shape. */
function drawnSteps(
  style: StudyStyle,
  { x, y, low, high }: LineSteps,
  range: ValueRange,
  place: (x: number) => number,
) {
  const at = (index: number) => place(x[index] as number);
  const points: Omit<PlotPoint, 'n'>[] = [];
  const band = { x: [] as number[], low: [] as number[], high: [] as number[] };
  const add = (across: number, index: number) => {
    points.push({ x: across, y: clampTo(range, y[index] as number) });
    band.x.push(across);
    band.low.push(clampTo(range, low[index] as number));
    band.high.push(clampTo(range, high[index] as number));
  };
  for (let index = 0; index < x.length; index++) {
    if (index > 0) add(at(index), index - 1);
    add(at(index), index);
  }
  const isBand = low.some((value, index) => value !== high[index]);
  return { points, band: isBand ? ({ ...band, style } satisfies Band) : null };
}

function titleOf({ name, studies }: StudyLine, t: Translate): string {
  return studies.length > 1 ? t('repeatsOf', { name, count: studies.length }) : name;
}

function factsOf({ studies }: StudyLine, steps: LineSteps, name: string, format: ValueFormat, t: Translate) {
  const last = steps.y.length - 1;
  const [low, high] = [steps.low[last] as number, steps.high[last] as number];
  const isBand = low !== high;
  const finished = studies.reduce((sum, study) => sum + study.finished, 0);
  const time = Math.max(...studies.map(lastTime));
  return [
    { name, text: format.format(steps.y[last] as number) },
    ...(isBand ? [{ name: t('band'), text: `${format.format(low)} … ${format.format(high)}` }] : []),
    { name: t('columnFinished'), text: formatCount(finished) },
    ...(Number.isNaN(time) ? [] : [{ name: t('columnTime'), text: formatClock(time) }]),
  ];
}

/** What the bands are, and which studies have no line. */
function noteOf(
  scene: Scene,
  drawn: readonly { readonly line: StudyLine; readonly steps: LineSteps }[],
  range: ValueRange,
  t: Translate,
): string {
  const repeats = drawn.map(({ line }) => line.studies.length).filter((count) => count > 1);
  const isFew = repeats.some((count) => count < QUARTILES_FROM);
  const isMany = repeats.some((count) => count >= QUARTILES_FROM);
  const band = isFew && isMany ? t('bandMixed') : isMany ? t('bandQuartiles') : isFew ? t('bandRange') : '';
  const all = linesOf(scene.comparison.usable, scene.choices.repeats).length;
  const cut = all > MOST_STUDY_LINES ? t('bestLinesOf', { drawn: MOST_STUDY_LINES, count: all }) : '';
  const untimed = scene.choices.byTime ? scene.comparison.usable.filter((one) => Number.isNaN(lastTime(one))) : [];
  const without = untimed.length > 0 ? t('withoutTimes', { names: untimed.map(({ name }) => name).join(', ') }) : '';
  return joined([band, cut, without, range.clipped > 0 ? t('studiesClipped') : '']);
}

function buildEdf(scene: Scene, t: Translate): PlotContent {
  const objective = objectiveOf(scene);
  const name = objectiveName(scene);
  const lines = drawnLines(scene);
  const sorted = lines.map(({ studies }) => {
    const values = studies.flatMap(({ values, directions }) =>
      [...values].filter((value, at) => at % directions.length === objective && !Number.isNaN(value)),
    );
    return Float64Array.from(values).sort();
  });
  const all = Float64Array.from(sorted.flatMap((values) => [...values]));
  const better = scene.model.isMinimized(objective) ? 'low' : 'high';
  const range = valueRange(all, { log: scene.choices.log && isAllPositive(all), better });
  if (!range) return { empty: t('noCompared') };
  const share = { min: 0, max: 1.03, log: false };
  const sets = lines.map(({ style }, index) => {
    const values = sorted[index] as Float64Array;
    const points = thin([...values.keys()], MOST_STEPS).map((at): PlotPoint => {
      return { x: clampTo(range, values[at] as number), y: (at + 1) / values.length, n: index };
    });
    const [first] = points;
    return { style, points: first ? stepped([{ ...first, y: 0 }, ...points]) : [] };
  });
  const format = ValueFormat.of(all);
  const describe = (index: number): TooltipText => {
    const values = sorted[index] as Float64Array;
    const median = values[Math.floor((values.length - 1) / 2)] as number;
    return {
      key: `edf ${index}`,
      title: titleOf(lines[index] as StudyLine, t),
      lines: [
        { name: t('median'), text: format.format(median) },
        { name: t('complete'), text: formatCount(values.length) },
      ],
    };
  };
  const y = { ...share, ticks: ticks({ ...share, max: 1 }, 4), label: (tick: number) => `${Math.round(100 * tick)} %` };
  return {
    empty: null,
    data: {
      x: valueAxis(name, range),
      y: { ...y, name: '' },
      sets,
      isCurves: true,
      describe,
      locate: () => [],
      trials: [],
    },
    note: clippedNote({ clipped: range.clipped, infinite: 0 }, t),
    label: t('studiesEdfLabel', { objective: name, lines: lines.map((line) => titleOf(line, t)).join(', ') }),
  };
}

/** Points of a line; more could not be told apart. */
const MOST_STEPS = 1000;
