import { cardinality } from '../space/distributionRules.ts';
import type { Distribution } from '../space/distributions.ts';
import type { NumericDistribution } from '../space/unitInterval.ts';
import { normalCdf } from '../stats/normal.ts';

/** A range is looked at through at most so many cells. */
const CELLS = 50;

/**
 * The cells of a distribution and the cell of an internal value. A range has at most 50 cells, evenly spaced from low to
 * high (on its log scale), an integer log range as many as it has doublings; a value in the middle goes to the lower one.
 */
export interface ParameterGrid {
  readonly size: number;
  cellOf(internal: number): number;
}

export function parameterGrid(distribution: Distribution): ParameterGrid {
  if (distribution.type === 'categorical') return { size: distribution.choices.length, cellOf: (internal) => internal };
  const { log } = distribution;
  const size = cellsOf(distribution);
  const low = log ? Math.log(distribution.low) : distribution.low;
  const high = log ? Math.log(distribution.high) : distribution.high;
  const width = high / (size - 1) - low / (size - 1);
  const cellOf = (internal: number) => {
    const place = ((log ? Math.log(internal) : internal) - low) / width;
    return Math.min(Math.max(Math.ceil(place - 0.5), 0), size - 1);
  };
  return { size, cellOf };
}

function cellsOf(range: NumericDistribution): number {
  if (range.type === 'int' && range.log) {
    return Math.min(Math.ceil(Math.log(range.high - range.low + 1) / Math.LN2) + 1, CELLS);
  }
  return range.log ? CELLS : Math.min(cardinality(range), CELLS);
}

/**
 * Densities over the cells from how many values each cell holds (PED-ANOVA, Watanabe, Bansal, Hutter 2023, as Optuna 5 sets
 * it): one kernel a filled cell, weighing its count, and a broad one that weighs 1. Writes `counts.length` numbers to `out`.
 */
export function parzenDensity(counts: Uint32Array, isCategorical: boolean, out: Float64Array): void {
  if (isCategorical) categoricalDensity(counts, out);
  else numericDensity(counts, out);
}

function categoricalDensity(counts: Uint32Array, out: Float64Array): void {
  let filled = 0;
  let total = 0;
  for (const count of counts) {
    filled += Number(count > 0);
    total += count;
  }
  const kernels = filled + 1;
  const rest = 1 / kernels / (1 + counts.length / kernels);
  const own = (1 + 1 / kernels) / (1 + counts.length / kernels);
  for (let cell = 0; cell < counts.length; cell++) {
    const count = counts[cell];
    out[cell] = (count * own + (total - count) * rest + 1 / counts.length) / (total + 1);
  }
}

function numericDensity(counts: Uint32Array, out: Float64Array): void {
  const size = counts.length;
  const bandwidth = Math.max(scottBandwidth(counts), 0.5 / 1.64);
  // Place size + k: the distribution function k + ½ cells right of a kernel's cell.
  const upTo = Float64Array.from({ length: 2 * size }, (_, place) => normalCdf((place - size + 0.5) / bandwidth));
  out.fill(0);
  let total = 1;
  for (let center = 0; center < size; center++) {
    const count = counts[center];
    if (count === 0) continue;
    total += count;
    const start = size - 1 - center;
    const factor = count / (upTo[start + size] - upTo[start]);
    for (let cell = 0; cell < size; cell++) {
      const mass = upTo[start + cell + 1] - upTo[start + cell];
      out[cell] = out[cell] + factor * mass;
    }
  }
  addPrior(out);
  for (let cell = 0; cell < size; cell++) out[cell] = out[cell] / total;
}

/** Adds a normal distribution over all cells, as wide as they are, cut to them and summed over each. */
function addPrior(out: Float64Array): void {
  const size = out.length;
  const upTo = (cells: number) => normalCdf((cells - size / 2) / size);
  const whole = upTo(size) - upTo(0);
  for (let cell = 0; cell < size; cell++) out[cell] = out[cell] + (upTo(cell + 1) - upTo(cell)) / whole;
}

/** Scott's rule (1992) in cells: 1.059 min(IQR / 1.34, standard deviation) n^(-1/5), the quartiles being those of Optuna. */
function scottBandwidth(counts: Uint32Array): number {
  let total = 0;
  let sum = 0;
  for (let cell = 0; cell < counts.length; cell++) {
    total += counts[cell];
    sum += cell * counts[cell];
  }
  const mean = sum / total;
  let squares = 0;
  for (let cell = 0; cell < counts.length; cell++) squares += counts[cell] * (cell - mean) ** 2;
  const deviation = Math.sqrt(squares / Math.max(1, total - 1));
  const lower = cellWhere(counts, (cumulative) => cumulative >= Math.floor(total / 4));
  const upper = cellWhere(counts, (cumulative) => cumulative > Math.floor((total * 3) / 4));
  return 1.059 * Math.min((upper - lower) / 1.34, deviation) * total ** -0.2;
}

/** The first filled cell whose cumulative count satisfies a condition, else the last filled one. */
function cellWhere(counts: Uint32Array, isReached: (cumulative: number) => boolean): number {
  let cumulative = 0;
  let last = 0;
  for (let cell = 0; cell < counts.length; cell++) {
    if (counts[cell] === 0) continue;
    cumulative += counts[cell];
    last = cell;
    if (isReached(cumulative)) break;
  }
  return last;
}
