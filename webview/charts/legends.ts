/** What the shapes of a chart mean, and how many trials of each state the filter leaves. */
import { type FilterState, STATES, stateAt } from '../filter/columns.ts';
import type { TrialModel } from '../model/model.ts';
import type { LegendEntry } from '../plot/figureHeading.ts';
import type { PlotContent } from '../plot/plotData.ts';
import { isInfeasible } from '../table/tableModel.ts';
import type { StateShape } from '../ui/icons.ts';
import type { Translate } from '../ui/strings.ts';
import type { Scene } from './scene.ts';

type Legend = LegendEntry[];

export function stateLegend({ model, header, selection, choices }: Scene, t: Translate): Legend {
  const [all, left] = [new Uint32Array(STATES.length), new Uint32Array(STATES.length)];
  for (let number = 0; number < model.length; number++) {
    const state = stateAt(model, number);
    (all[state] as number)++;
    if (selection.has(number)) (left[state] as number)++;
  }
  const legend: Legend = [];
  const add = (state: FilterState & StateShape) => {
    const at = STATES.indexOf(state);
    if (all[at])
      legend.push([
        state,
        t(state),
        { state, count: left[at] as number, isHidden: choices.filter.includes(`state != ${state}`) },
      ]);
  };
  add('complete');
  if (isAnyInfeasible(model)) legend.push(['infeasible', t('infeasible')]);
  for (const state of ['pruned', 'failed', 'running', 'paused'] as const) add(state);
  if (header.best !== null || model.directions.length > 1) legend.push(['line', t('bestSoFar')]);
  return legend;
}

/** Of a legend what the picture has: a density shows most states by their number alone. */
export function ofDrawn(legend: readonly LegendEntry[], content: PlotContent): readonly LegendEntry[] {
  if (content.empty !== null || !content.data.density) return legend;
  const drawn = new Set<string>(content.data.sets.map(({ style }) => (style === 'bestSoFar' ? 'line' : style)));
  // Complete trials are points only where they improved on the best before: those belong to the line.
  return legend.filter(([shape, , facts]) => facts || (shape !== 'complete' && drawn.has(shape)));
}

function isAnyInfeasible(model: TrialModel): boolean {
  for (let number = 0; number < model.length; number++) if (isInfeasible(model, number)) return true;
  return false;
}

export function paretoLegend({ model }: Scene, t: Translate): Legend {
  const legend: Legend = [['front', t('onFront')]];
  if (isAnyInfeasible(model)) legend.push(['infeasible', t('infeasible')]);
  return legend;
}

/** The states are explained over the first chart. */
export function scheduleLegend({ model }: Scene, t: Translate): Legend {
  return model.schedule.hasMembers ? [['takeover', t('takeover')]] : [];
}
