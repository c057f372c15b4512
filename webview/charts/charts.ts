/** The charts of the board, one object each: the board, its menu and the tests are made from this list. */
import type { HypervolumeHistory } from '../model/hypervolumeHistory.ts';
import type { LegendEntry } from '../plot/figureHeading.ts';
import type { PlotContent, PlotOptions } from '../plot/plotData.ts';
import type { Translate } from '../ui/strings.ts';
import type { CurveCounts } from './curveBands.ts';
import { buildCurves } from './curvesChart.ts';
import { buildEdf } from './edfChart.ts';
import { buildHistory } from './historyChart.ts';
import { buildHypervolume } from './hypervolumeChart.ts';
import { ofDrawn, paretoLegend, scheduleLegend, stateLegend } from './legends.ts';
import { buildParallel } from './parallelChart.ts';
import { buildParameter } from './parameterChart.ts';
import { buildPareto } from './paretoChart.ts';
import { buildGenerations, buildPopulation } from './populationChart.ts';
import { buildRungs } from './rungsChart.ts';
import { namesOf, pairOf, parameterOf, type Scene } from './scene.ts';
import { buildTimeline } from './timelineChart.ts';

/** What takes longer than a frame and is kept from one drawing to the next. */
export interface Kept {
  readonly volumes: HypervolumeHistory;
  readonly counts: CurveCounts;
}

export interface ChartDefinition {
  readonly id: ChartId;
  readonly title: (t: Translate, scene: Scene | null) => string;
  /** Whether a study has something to show in it: without that there is no tile. */
  readonly needs: (scene: Scene) => boolean;
  readonly build: (scene: Scene, options: PlotOptions, t: Translate, kept: Kept) => PlotContent;
  readonly legend?: (scene: Scene, t: Translate, content: PlotContent) => readonly LegendEntry[];
  /** Takes the whole width, before or after the others. */
  readonly row?: 'first' | 'last';
  /** Shown only where a person chose it. */
  readonly isExtra?: true;
}

export type ChartId =
  | 'history'
  | 'pareto'
  | 'volume'
  | 'curves'
  | 'parameter'
  | 'schedule'
  | 'timeline'
  | 'edf'
  | 'parallel';

const hasTrials = ({ model }: Scene) => model.length > 0;
const isSeveral = ({ objectives }: Scene) => objectives.length > 1;

export const CHARTS: readonly ChartDefinition[] = [
  {
    id: 'history',
    title: (t, scene) => t('objectiveByTrial', { objective: scene ? titleObjective(scene) : '' }),
    needs: () => true,
    build: ({ model }, options, t) => buildHistory(model, options, t),
    legend: (scene, t, content) => ofDrawn(stateLegend(scene, t), content),
    row: 'first',
  },
  {
    id: 'pareto',
    title: (t) => t('paretoFront'),
    needs: isSeveral,
    build: (scene, options, t) => buildPareto(scene.model, pairOf(scene), namesOf(scene), options, t),
    legend: (scene, t, content) => ofDrawn(paretoLegend(scene, t), content),
  },
  {
    id: 'volume',
    title: (t) => t('hypervolume'),
    needs: isSeveral,
    build: (scene, _, t, { volumes }) => buildHypervolume(scene.model, volumes, namesOf(scene), scene.header, t),
  },
  {
    id: 'curves',
    title: (t) => t('learningCurves'),
    // A trial with several objectives can't report: the sentence that it doesn't would say nothing.
    needs: (scene) => !isSeveral(scene) || scene.model.curves.points > 0,
    build: ({ model }, options, t, { counts }) => buildCurves(model, options, t, counts),
  },
  {
    id: 'parameter',
    title: (t) => t('parameter'),
    needs: () => true,
    build: (scene, options, t) => buildParameter(scene.model, parameterOf(scene), options, t),
  },
  {
    id: 'schedule',
    title: (t, scene) => {
      const { hasMembers, hasRungs } = scene?.model.schedule ?? {};
      return t(hasMembers ? 'population' : hasRungs ? 'budget' : 'generations');
    },
    needs: ({ model: { schedule } }) => schedule.hasMembers || schedule.hasRungs || schedule.hasGenerations,
    build: ({ model }, options, t) => {
      const { hasMembers, hasRungs } = model.schedule;
      return (hasMembers ? buildPopulation : hasRungs ? buildRungs : buildGenerations)(model, options, t);
    },
    legend: (scene, t) => scheduleLegend(scene, t),
  },
  {
    id: 'timeline',
    title: (t) => t('timeline'),
    needs: hasTrials,
    build: ({ model }, options, t) => buildTimeline(model, options, t),
    isExtra: true,
  },
  {
    id: 'edf',
    title: (t) => t('edf'),
    needs: hasTrials,
    build: ({ model }, options, t) => buildEdf(model, options, t),
    isExtra: true,
  },
  {
    id: 'parallel',
    title: (t) => t('allParameters'),
    // One parameter is in the parameter chart already.
    needs: ({ model }) => model.parameters.size >= 2 && model.length > 0,
    build: ({ model }, options, t) => buildParallel(model, options, t),
    row: 'last',
  },
];

function titleObjective({ objectives, choices }: Scene): string {
  return objectives[Math.min(choices.objective, objectives.length - 1)]?.name ?? '';
}

/** Whether a chart has a tile: a study has something for it, and a person left it on the board. */
export function isOnBoard({ id, needs, isExtra }: ChartDefinition, scene: Scene): boolean {
  const { shown, hidden } = scene.choices.charts;
  return needs(scene) && (isExtra ? shown.includes(id) : !hidden.includes(id));
}
