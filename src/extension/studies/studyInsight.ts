import type { ParameterColumn } from '../../core/study/columns/parameterColumn.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import { ValueFormat } from '../../core/text/numbers.ts';

/** Trials that are looked at: the newest, so that the cost does not grow with the study. */
const SAMPLE = 1000;
/** A numeric parameter is split into so many equally filled bins. */
const BINS = 4;

interface Insight {
  readonly complete: number;
  /** One an objective. */
  readonly formats: readonly ValueFormat[];
  /** Made when they are first asked for: a row of the study itself names none. */
  parameters?: readonly string[];
}

const insights = new WeakMap<History, Insight>();

/** How the values of an objective are written; made anew only after a quarter more trials, so that a column stays steady. */
export function valueFormat(history: History, objective = 0): ValueFormat {
  return insightOf(history).formats[objective] as ValueFormat;
}

/** Names of the study's parameters, the ones that explain most of the objective first. */
export function parametersByWeight(history: History): readonly string[] {
  const insight = insightOf(history);
  insight.parameters ??= weighed(history);
  const { parameters } = insight;
  if (parameters.length === history.parameters.size) return parameters;
  return [...parameters, ...[...history.parameters.keys()].filter((name) => !parameters.includes(name))];
}

function insightOf(history: History): Insight {
  const complete = history.count(TrialState.complete);
  const known = insights.get(history);
  if (known && complete < Math.max(known.complete + 1, known.complete * 1.25)) return known;
  const sample = newestComplete(history);
  const formats = history.directions.map((_, objective) =>
    ValueFormat.of(Float64Array.from(sample, (number) => history.value(number, objective))),
  );
  const insight = { complete, formats };
  insights.set(history, insight);
  return insight;
}

function weighed(history: History): string[] {
  const sample = newestComplete(history);
  const values = Float64Array.from(sample, (number) => history.value(number));
  const weights = new Map(
    [...history.parameters.values()].map((column) => [column.name, weightOf(column, sample, values)]),
  );
  return [...weights.keys()].sort((a, b) => (weights.get(b) as number) - (weights.get(a) as number));
}

function newestComplete(history: History): number[] {
  const { states } = history;
  const numbers: number[] = [];
  for (let number = history.length - 1; number >= 0 && numbers.length < SAMPLE; number--) {
    if (states[number] === TrialState.complete && Number.isFinite(history.value(number))) numbers.push(number);
  }
  return numbers;
}

/**
 * The correlation ratio η² (Fisher 1925): which part of the variance of the objective lies between the parameter's bins
 * rather than inside them, less what that many bins explain by chance. 0 for a parameter that never varied.
 */
function weightOf(column: ParameterColumn, sample: readonly number[], values: Float64Array): number {
  const isCategorical = column.shown.type === 'categorical';
  const internals = column.shownOf(Uint32Array.from(sample));
  const bins = isCategorical ? Array.from(internals, (one) => (Number.isNaN(one) ? -1 : one)) : quantileBins(internals);
  const sums = new Map<number, { count: number; sum: number }>();
  let count = 0;
  let total = 0;
  for (const [index, bin] of bins.entries()) {
    if (bin < 0) continue;
    const entry = sums.get(bin) ?? { count: 0, sum: 0 };
    entry.count++;
    entry.sum += values[index] as number;
    sums.set(bin, entry);
    count++;
    total += values[index] as number;
  }
  if (sums.size < 2 || count <= sums.size) return 0;
  const mean = total / count;
  const between = [...sums.values()].reduce((sum, bin) => sum + bin.count * (bin.sum / bin.count - mean) ** 2, 0);
  const all = bins.reduce((sum, bin, index) => (bin < 0 ? sum : sum + ((values[index] as number) - mean) ** 2), 0);
  return all > 0 ? Math.max(0, between / all - (sums.size - 1) / (count - 1)) : 0;
}

function quantileBins(internals: Float64Array): number[] {
  const sorted = internals.filter((value) => !Number.isNaN(value)).sort();
  const borders = Array.from({ length: BINS - 1 }, (_, bin) => sorted[Math.floor(((bin + 1) * sorted.length) / BINS)]);
  return Array.from(internals, (value) =>
    Number.isNaN(value) ? -1 : borders.filter((border) => value >= (border as number)).length,
  );
}
