import { choleskyRow, solveLower } from '../linalg/cholesky.ts';

/** A trial's finite reports, ascending by step, as losses. */
export interface LossCurve {
  readonly steps: Float64Array;
  readonly losses: Float64Array;
}

/** A complete trial's curve and its result, in the units of the losses. */
export interface Example {
  readonly curve: LossCurve;
  readonly result: number;
}

/** A prediction: Student's t about `mean` with `scale` and a whole number of `degrees` of freedom. */
export interface Forecast {
  readonly mean: number;
  readonly scale: number;
  readonly degrees: number;
}

/** Constant, level, and the changes over the last two doublings of the step. */
const COLUMNS = 4;

/** Numbers are cut so many interquartile ranges outside the quartiles: one diverged run says nothing of the others. */
const REACH = 5;

/**
 * Forecasts the result of a curve that is known up to `step` from how complete curves went on from there: Bayesian linear
 * regression of what was still to come on the level and on the changes over the last two doublings of the step (those of a
 * power law shrink by a constant factor). The coefficients' prior is normal about 0, no further change, with variance 1 in
 * units of the largest spread; that of the noise is an inverse gamma worth one observation, a fifth of the mean square of
 * what was to come. Undefined when no example reaches the step.
 */
export function forecast(curve: LossCurve, step: number, examples: readonly Example[]): Forecast | undefined {
  const own = featuresAt(curve, step);
  if (!own) return undefined;
  const rows: Float64Array[] = [];
  for (const { curve: other, result } of examples) {
    const features = featuresAt(other, step);
    if (features) rows.push(Float64Array.of(...features, result));
  }
  if (rows.length === 0) return undefined;
  cutOutliers(rows, own);
  const level = own[0];
  const { shift, unit } = scaleOf(rows);
  const { mean, scale, degrees } = regress(
    rows.map((row) => designOf(row, shift, unit)),
    Float64Array.from(rows, (row) => (row[3] - row[0]) / unit),
    designOf(own, shift, unit),
  );
  return { mean: level + unit * mean, scale: unit * scale, degrees };
}

/** Level at the step, and the changes to it from half the step and to there from a quarter; undefined off the curve. */
function featuresAt({ steps, losses }: LossCurve, step: number): Float64Array | undefined {
  const count = steps.length;
  if (count === 0 || steps[count - 1] < step || steps[0] > step) return undefined;
  // One is added: steps may begin at 0.
  const at = (part: number) => lossAt(steps, losses, (step + 1) * part - 1);
  const level = at(1);
  const half = at(0.5);
  return Float64Array.of(level, level - half, half - at(0.25));
}

/** The loss at a step, linear between reports on a logarithmic scale of the steps; the first report's before it. */
function lossAt(steps: Float64Array, losses: Float64Array, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return losses[0];
  if (low === steps.length) return losses[low - 1];
  const from = Math.log1p(steps[low - 1]);
  const part = (Math.log1p(step) - from) / (Math.log1p(steps[low]) - from);
  return (1 - part) * losses[low - 1] + part * losses[low];
}

function cutOutliers(rows: readonly Float64Array[], own: Float64Array): void {
  for (let column = 0; column < COLUMNS; column++) {
    const sorted = Float64Array.from(rows, (row) => row[column]).sort();
    const quantile = (part: number) => sorted[Math.round(part * (sorted.length - 1))];
    const reach = REACH * (quantile(0.75) - quantile(0.25));
    if (!(reach > 0)) continue;
    const [low, high] = [quantile(0.25) - reach, quantile(0.75) + reach];
    const cut = (row: Float64Array) => {
      row[column] = Math.min(Math.max(row[column], low), high);
    };
    for (const row of rows) cut(row);
    // The level itself is what the forecast starts from.
    if (column > 0 && column < own.length) cut(own);
  }
}

/** The levels' mean, and the larger of the spreads of levels and of what was to come. */
function scaleOf(rows: readonly Float64Array[]): { shift: number; unit: number } {
  const mean = (of: (row: Float64Array) => number) => rows.reduce((sum, row) => sum + of(row) / rows.length, 0);
  const shift = mean((row) => row[0]);
  const levels = mean((row) => (row[0] - shift) ** 2);
  const changes = mean((row) => (row[3] - row[0]) ** 2);
  return { shift, unit: Math.sqrt(Math.max(levels, changes)) || 1 };
}

function designOf(row: Float64Array, shift: number, unit: number): Float64Array {
  return Float64Array.of(1, (row[0] - shift) / unit, row[1] / unit, row[2] / unit);
}

/** Normal–inverse-gamma regression: the prediction for `target`. */
function regress(design: readonly Float64Array[], changes: Float64Array, target: Float64Array): Forecast {
  const precision = new Float64Array(COLUMNS * COLUMNS);
  const moment = new Float64Array(COLUMNS);
  let squares = 0;
  for (const [place, row] of design.entries()) {
    const change = changes[place];
    squares += change * change;
    for (let i = 0; i < COLUMNS; i++) {
      const x = row[i];
      moment[i] = moment[i] + x * change;
      for (let j = 0; j <= i; j++) {
        precision[i * COLUMNS + j] = precision[i * COLUMNS + j] + x * row[j];
      }
    }
  }
  for (let row = 0; row < COLUMNS; row++) {
    precision[row * COLUMNS + row] = precision[row * COLUMNS + row] + 1;
    choleskyRow(precision, row, COLUMNS);
  }
  solveLower(precision, COLUMNS, COLUMNS, moment);
  solveLower(precision, COLUMNS, COLUMNS, target);
  const count = changes.length;
  const noise = (Math.max(squares - dot(moment, moment), 0) + (0.2 * squares) / count) / (count + 1);
  return { mean: dot(target, moment), scale: Math.sqrt(noise * (1 + dot(target, target))), degrees: count + 1 };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return sum;
}
