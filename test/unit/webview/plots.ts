import assert from 'node:assert/strict';
import type { Selection } from '../../../webview/filter/crossfilter.ts';
import { type PlotContent, type PlotData, type PlotOptions, POINT_BUDGET } from '../../../webview/plot/plotData.ts';

/** Of a study without a filter. */
export const ALL_TRIALS: Selection = {
  isOn: false,
  count: Number.POSITIVE_INFINITY,
  version: 0,
  has: () => true,
  bits: () => new Uint32Array(0),
};

/** What a chart is built with when nothing is chosen. */
export const PLOT_OPTIONS: PlotOptions = {
  objective: 0,
  objectiveName: 'loss',
  log: false,
  byTime: false,
  colouring: null,
  smoothing: 0,
  best: null,
  selected: null,
  total: null,
  budget: POINT_BUDGET,
  selection: ALL_TRIALS,
  filterName: (longName) => longName,
};

/** The data of a chart that has something to show. */
export function dataOf(content: PlotContent): PlotData {
  assert.ok(content.empty === null, content.empty ?? '');
  return content.data;
}
