/** The shapes that occur in a chart, with their names. */
import { TrialState } from '../../src/core/study/states.ts';
import type { TrialModel } from '../model/model.ts';
import type { PlotContent } from '../plot/plotData.ts';
import { isInfeasible } from '../table/tableModel.ts';
import type { StateShape } from '../ui/icons.ts';
import type { Translate } from '../ui/strings.ts';
import type { Scene } from './scene.ts';

type Legend = [StateShape, string][];

export function stateLegend({ model, header }: Scene, t: Translate): Legend {
  const counts = [0, 0, 0, 0, 0];
  for (const state of model.states) counts[state] = (counts[state] ?? 0) + 1;
  const legend: Legend = [];
  if (counts[TrialState.complete]) legend.push(['complete', t('complete')]);
  if (isAnyInfeasible(model)) legend.push(['infeasible', t('infeasible')]);
  if (counts[TrialState.pruned]) legend.push(['pruned', t('pruned')]);
  if (counts[TrialState.fail]) legend.push(['failed', t('failed')]);
  if (counts[TrialState.running]) legend.push(['running', t('running')]);
  if (isAnyPaused(model)) legend.push(['paused', t('paused')]);
  if (header.best !== null || model.directions.length > 1) legend.push(['line', t('bestSoFar')]);
  return legend;
}

/** Of a legend what the picture has: a density shows most states by their number alone. */
export function ofDrawn(legend: Legend, content: PlotContent): Legend {
  if (content.empty !== null || !content.data.density) return legend;
  const drawn = new Set<string>(content.data.sets.map(({ style }) => (style === 'bestSoFar' ? 'line' : style)));
  // Complete trials are points only where they improved on the best before: those belong to the line.
  return legend.filter(([shape]) => shape !== 'complete' && drawn.has(shape));
}

function isAnyInfeasible(model: TrialModel): boolean {
  for (let number = 0; number < model.length; number++) if (isInfeasible(model, number)) return true;
  return false;
}

function isAnyPaused(model: TrialModel): boolean {
  if (!model.schedule.hasRungs && !model.schedule.hasMembers) return false;
  for (let number = 0; number < model.length; number++) if (model.isPaused(number)) return true;
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
