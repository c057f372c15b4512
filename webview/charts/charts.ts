/** The charts of the board, one object each: the board, its menu and the tests are made from this list. */
import { PLAIN, type Tab, type TabArrangement } from '../board/arrangement.ts';
import type { HypervolumeHistory } from '../model/hypervolumeHistory.ts';
import type { LegendEntry } from '../plot/figureHeading.ts';
import type { PlotContent, PlotOptions } from '../plot/plotData.ts';
import { STUDY_CHARTS } from '../studies/studiesCharts.ts';
import type { Translate } from '../ui/strings.ts';
import type { CurveCounts } from './curveBands.ts';
import { buildCurves, hasCurves } from './curvesChart.ts';
import { buildEdf } from './edfChart.ts';
import { buildHistory } from './historyChart.ts';
import { buildHypervolume } from './hypervolumeChart.ts';
import { ofDrawn, paretoLegend, scheduleLegend, stateLegend } from './legends.ts';
import { hasTimes } from './objectiveAxis.ts';
import { CONTOUR, RANK } from './pairCharts.ts';
import { buildParallel } from './parallelChart.ts';
import { PARAMETER, SLICE_CHARTS } from './parameterChart.ts';
import { buildPareto } from './paretoChart.ts';
import { PATH } from './pathChart.ts';
import { buildGenerations, buildPopulation } from './populationChart.ts';
import { buildRungs } from './rungsChart.ts';
import { byImportance, hasComplete, namesOf, pairOf, type Scene } from './scene.ts';
import { buildTimeline } from './timelineChart.ts';

/** What takes longer than a frame and is kept from one drawing to the next. */
export interface Kept {
  readonly volumes: HypervolumeHistory;
  readonly counts: CurveCounts;
}

export interface ChartDefinition {
  readonly id: string;
  readonly title: (t: Translate, scene: Scene | null) => string;
  /** Whether a study has something to show in it: without that there is no tile. */
  readonly needs: (scene: Scene) => boolean;
  readonly build: (scene: Scene, options: PlotOptions, t: Translate, kept: Kept) => PlotContent;
  readonly legend?: (scene: Scene, t: Translate, content: PlotContent) => readonly LegendEntry[];
  /** Where it stands until a person arranges the tabs; it can be put on any of them. */
  readonly tabs: readonly Tab[];
  /** Twelfths of the width. */
  readonly span: number;
  /** Shows what importance is answered with: the question is asked while it is seen. */
  readonly asks?: true;
}

const isSeveral = ({ objectives }: Scene) => objectives.length > 1;

export const CHARTS: readonly ChartDefinition[] = [
  {
    id: 'history',
    title: (t, scene) =>
      t(scene?.choices.byTime ? 'objectiveByTime' : 'objectiveByTrial', {
        objective: scene ? titleObjective(scene) : '',
      }),
    needs: () => true,
    build: ({ model }, options, t) => buildHistory(model, options, t),
    legend: (scene, t, content) => ofDrawn(stateLegend(scene, t), content),
    tabs: ['overview'],
    span: 7,
  },
  {
    id: 'pareto',
    title: (t) => t('paretoFront'),
    needs: isSeveral,
    build: (scene, options, t) => buildPareto(scene.model, pairOf(scene), namesOf(scene), options, t),
    legend: (scene, t, content) => ofDrawn(paretoLegend(scene, t), content),
    tabs: ['overview'],
    span: 6,
  },
  {
    id: 'volume',
    title: (t) => t('hypervolume'),
    needs: isSeveral,
    build: (scene, _, t, { volumes }) => buildHypervolume(scene.model, volumes, namesOf(scene), scene.header, t),
    tabs: ['overview', 'curves'],
    span: 6,
  },
  {
    id: 'curves',
    title: (t) => t('learningCurves'),
    needs: ({ model }) => hasCurves(model),
    build: ({ model }, options, t, { counts }) => buildCurves(model, options, t, counts),
    tabs: ['overview', 'curves'],
    span: 6,
  },
  PARAMETER,
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
    tabs: ['overview', 'timeline'],
    span: 6,
  },
  {
    id: 'timeline',
    title: (t) => t('timeline'),
    needs: ({ model }) => hasTimes(model),
    build: ({ model }, options, t) => buildTimeline(model, options, t),
    tabs: ['timeline'],
    span: 12,
  },
  {
    id: 'edf',
    title: (t) => t('edf'),
    needs: hasComplete,
    build: ({ model }, options, t) => buildEdf(model, options, t),
    tabs: ['curves'],
    span: 6,
  },
  ...SLICE_CHARTS,
  CONTOUR,
  RANK,
  PATH,
  {
    id: 'parallel',
    title: (t) => t('allParameters'),
    // One parameter is in the parameter chart already.
    needs: (scene) => scene.model.parameters.size >= 2 && hasComplete(scene),
    build: (scene, options, t) => buildParallel(scene.model, options, t, byImportance(scene)),
    asks: true,
    tabs: ['overview', 'parameters'],
    span: 12,
  },
  ...STUDY_CHARTS,
];

function titleObjective({ objectives, choices }: Scene): string {
  return objectives[Math.min(choices.objective, objectives.length - 1)]?.name ?? '';
}

/** What the tabs need to know of a tile. */
export type Tabbed = Pick<ChartDefinition, 'id' | 'title' | 'needs' | 'tabs' | 'span'>;

export function arrangementOf({ choices, tab }: Scene): TabArrangement {
  return choices.board[tab] ?? PLAIN;
}

/** Whether a chart has a tile: a study has something for it, and it is on the tab by itself or by a person's choice. */
export function isOnTab({ id, needs, tabs }: Tabbed, scene: Scene): boolean {
  const { shown, hidden } = arrangementOf(scene);
  return (tabs.includes(scene.tab) ? !hidden.includes(id) : shown.includes(id)) && needs(scene);
}
