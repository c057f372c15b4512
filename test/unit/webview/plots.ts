import assert from 'node:assert/strict';
import { type PlotContent, type PlotData, type PlotOptions, POINT_BUDGET } from '../../../webview/plot/plotData.ts';

/** What a chart is built with when nothing is chosen. */
export const PLOT_OPTIONS: PlotOptions = {
  objective: 0,
  objectiveName: 'loss',
  log: false,
  best: null,
  selected: null,
  total: null,
  budget: POINT_BUDGET,
};

/** The data of a chart that has something to show. */
export function dataOf(content: PlotContent): PlotData {
  assert.ok(content.empty === null, content.empty ?? '');
  return content.data;
}
