import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { Random } from '../random.ts';
import { isSingle } from '../space/distributionRules.ts';
import type { Distribution } from '../space/distributions.ts';
import type { ParameterColumn } from '../study/columns/parameterColumn.ts';
import type { History } from '../study/history.ts';
import { TrialState } from '../study/states.ts';
import { checkQuery, finiteTrials, type Importance, type ImportanceQuery, normalised } from './importance.ts';
import { leafBoxes, marginalVariance, type ParameterColumns } from './marginals.ts';
import { TreeGrower, treeData } from './regressionTree.ts';

export interface FanovaOptions extends ImportanceQuery {
  /** 64 by default. */
  readonly trees?: number;
  /** 64 by default. */
  readonly maxDepth?: number;
  /** 0 by default. */
  readonly seed?: number;
}

/**
 * How much of the variance of the objective over the whole space each parameter explains by itself (fANOVA, Hutter, Hoos,
 * Leyton-Brown 2014), as Optuna takes it: a random forest on the complete trials with finite values, ranges as they are (no
 * log scale), one column a choice (up to ten, see `marginalVariance`), the variance of each tree's marginals over that of the
 * tree. Assesses the parameters that every complete trial has in the same range, or those of `params`. Throws
 * `several-objectives` when none of several is named, `no-objective`, `no-parameter`.
 */
export function fanova(history: History, options: FanovaOptions = {}): Importance[] {
  const { objective = 0 } = options;
  checkQuery(history, options);
  if (history.directions.length > 1 && options.objective === undefined) {
    throw new TuneboardError('several-objectives', coreMessage('fanovaExplainsOneObjectiveSay'));
  }
  const parameters = assessed(history, options.params);
  const names = parameters.map(({ name }) => name);
  const trials = finiteTrials(history, objective).filter((number) => parameters.every((column) => column.has(number)));
  return normalised(names, explainedVariance(history, parameters, trials, options));
}

/**
 * Shares of the variance over the space that trials span, summed over the trees, one a parameter: all of the trials must have
 * all of the parameters. `rows` is the most rows that a tree is grown on, drawn with replacement; by default as many as there
 * are trials. Fewer make each tree cheaper while the forest still sees all trials (subbagging, Bühlmann and Yu 2002).
 */
export function explainedVariance(
  history: History,
  parameters: readonly ParameterColumn[],
  trials: readonly number[],
  options: Omit<FanovaOptions, 'params'> & { readonly rows?: number },
): Float64Array {
  const { trees = 64, maxDepth = 64, seed = 0, objective = 0, rows = trials.length } = options;
  const raw = new Float64Array(parameters.length);
  const encoded = encode(parameters, trials);
  if (trials.length <= 1 || encoded.columns.length === 0) return raw;
  const targets = centred(Float64Array.from(trials, (number) => history.value(number, objective)));
  const grower = new TreeGrower(treeData(encoded.columns, targets), maxDepth, Math.min(rows, trials.length));
  const varied = encoded.parameters.filter((own) => own !== undefined);
  for (let index = 0; index < trees; index++) {
    const boxes = leafBoxes(grower.grow(new Random(seed, index, 'fanova')), encoded.ranges, varied);
    if (!(boxes.variance > 0)) continue;
    for (const [place, own] of encoded.parameters.entries()) {
      if (!own) continue;
      raw[place] = raw[place] + marginalVariance(boxes, encoded.columns.length, own) / boxes.variance;
    }
  }
  return raw;
}

/** The parameters asked for, else those that all complete trials have in one and the same distribution, by name. */
export function assessed(history: History, names?: readonly string[]): ParameterColumn[] {
  if (names) return names.map((name) => history.parameters.get(name) as ParameterColumn);
  const { states } = history;
  const columns = [...history.parameters.values()].filter((column) => {
    let first: Distribution | undefined;
    return states.every((state, number) => {
      if (state !== TrialState.complete) return true;
      const own = column.distribution(number);
      first ??= own;
      return own !== undefined && own === first;
    });
  });
  const hasTrials = history.count(TrialState.complete) > 0;
  return hasTrials ? columns.sort((a, b) => (a.name < b.name ? -1 : 1)) : [];
}

interface Encoded {
  readonly columns: Float64Array[];
  /** Low and high of every column. */
  readonly ranges: Float64Array;
  /** Where each parameter is; undefined for one with a single value. */
  readonly parameters: (ParameterColumns | undefined)[];
}

function encode(parameters: readonly ParameterColumn[], trials: readonly number[]): Encoded {
  const columns: Float64Array[] = [];
  const ranges: number[] = [];
  const places = parameters.map((column) => {
    const { latest } = column;
    if (isSingle(latest)) return undefined;
    const first = columns.length;
    if (latest.type !== 'categorical') {
      const { low, high } = latest;
      columns.push(Float64Array.from(trials, (number) => Math.min(Math.max(column.internalAt(number), low), high)));
      ranges.push(low, high);
    } else {
      for (let choice = 0; choice < latest.choices.length; choice++) {
        columns.push(Float64Array.from(trials, (number) => Number(column.internalAt(number) === choice)));
        ranges.push(0, 1);
      }
    }
    return { first, count: columns.length - first };
  });
  return { columns, ranges: Float64Array.from(ranges), parameters: places };
}

/** Values less their mean, in units of the largest distance from it, so that their squares are numbers. */
function centred(values: Float64Array): Float64Array {
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const mean = values.reduce((sum, value) => sum + value / scale, 0) / values.length;
  return values.map((value) => value / scale - mean);
}
