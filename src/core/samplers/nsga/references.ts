import type { Scores } from './scores.ts';

/**
 * Directions spread evenly over the simplex of `objectives` axes: every way to give `divisions` units to them (Das, Dennis
 * 1998); one row each.
 */
export function simplexLattice(objectives: number, divisions: number): Float64Array {
  const rows: number[][] = [];
  const extend = (row: readonly number[], left: number): void => {
    if (row.length === objectives - 1) rows.push([...row, left]);
    else for (let units = left; units >= 0; units--) extend([...row, units], left - units);
  };
  extend([], divisions);
  return Float64Array.from(rows.flat());
}

/** An infinite loss counts as this many ranges of the finite ones beyond their end. */
const BEYOND = 3;
/** How little the other axes count in the search for the extreme point of one. */
const OFF_AXIS = 1e6;

/**
 * Losses of some rows from the ideal point, in shares of where the plane through the extreme points meets the axes (Deb,
 * Jain 2014); where those points span no plane, in shares of the largest loss.
 */
export function normalisedLosses(scores: Scores, rows: readonly number[]): Float64Array {
  const { width } = scores;
  const losses = finiteLosses(scores, rows);
  const extremes = extremePoints(losses, width);
  const inverse = solvedOnes(extremes, width) ?? inverseOfLargest(losses, width);
  return losses.map((loss, place) => {
    const factor = inverse[place % width];
    return loss * (Number.isFinite(factor) ? factor : 1);
  });
}

/** Rows without infinities, the smallest of each objective moved to 0. */
function finiteLosses({ losses, width }: Scores, rows: readonly number[]): Float64Array {
  const result = Float64Array.from(rows.flatMap((row) => [...losses.subarray(row * width, (row + 1) * width)]));
  for (let objective = 0; objective < width; objective++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let place = objective; place < result.length; place += width) {
      const loss = result[place];
      if (!Number.isFinite(loss)) continue;
      low = Math.min(low, loss);
      high = Math.max(high, loss);
    }
    if (low > high) low = high = 0;
    const margin = BEYOND * (high - low);
    let least = Number.POSITIVE_INFINITY;
    for (let place = objective; place < result.length; place += width) {
      const loss = Math.min(Math.max(result[place], low - margin), high + margin);
      result[place] = loss;
      least = Math.min(least, loss);
    }
    for (let place = objective; place < result.length; place += width) result[place] = result[place] - least;
  }
  return result;
}

/** For each axis the row with the smallest achievement scalarising function. */
function extremePoints(losses: Float64Array, width: number): Float64Array {
  const extremes = new Float64Array(width * width);
  for (let axis = 0; axis < width; axis++) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let start = 0; start < losses.length; start += width) {
      let most = 0;
      for (let objective = 0; objective < width; objective++) {
        most = Math.max(most, losses[start + objective] * (objective === axis ? 1 : OFF_AXIS));
      }
      if (most < least) {
        least = most;
        best = start;
      }
    }
    extremes.set(losses.subarray(best, best + width), axis * width);
  }
  return extremes;
}

/** x with matrix · x = (1, …, 1), by elimination with pivots; undefined when the matrix is singular. */
function solvedOnes(matrix: Float64Array, size: number): Float64Array | undefined {
  const work = matrix.slice();
  const right = new Float64Array(size).fill(1);
  const scale = Math.max(...work.map(Math.abs));
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(work[row * size + column]) > Math.abs(work[pivot * size + column])) pivot = row;
    }
    if (!(Math.abs(work[pivot * size + column]) > 1e-12 * scale)) return undefined;
    swapRows(work, right, size, column, pivot);
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = work[row * size + column] / work[column * size + column];
      for (let place = column; place < size; place++) {
        work[row * size + place] = work[row * size + place] - factor * work[column * size + place];
      }
      right[row] = right[row] - factor * right[column];
    }
  }
  return right.map((value, row) => value / work[row * size + row]);
}

function swapRows(matrix: Float64Array, right: Float64Array, size: number, a: number, b: number): void {
  if (a === b) return;
  for (let place = 0; place < size; place++) {
    const kept = matrix[a * size + place];
    matrix[a * size + place] = matrix[b * size + place];
    matrix[b * size + place] = kept;
  }
  const kept = right[a];
  right[a] = right[b];
  right[b] = kept;
}

function inverseOfLargest(losses: Float64Array, width: number): Float64Array {
  const largest = new Float64Array(width);
  for (const [place, loss] of losses.entries()) {
    largest[place % width] = Math.max(largest[place % width], loss);
  }
  return largest.map((value) => 1 / (value || 1));
}

/** The direction with the smallest perpendicular distance from each row, the first of equals. */
export function nearestReferences(
  losses: Float64Array,
  references: Float64Array,
  width: number,
): { reference: number; distance: number }[] {
  const nearest: { reference: number; distance: number }[] = [];
  for (let start = 0; start < losses.length; start += width) {
    let best = { reference: 0, distance: Number.POSITIVE_INFINITY };
    for (let from = 0; from < references.length; from += width) {
      const distance = distanceToLine(losses, start, references, from, width);
      if (distance < best.distance) best = { reference: from / width, distance };
    }
    nearest.push(best);
  }
  return nearest;
}

function distanceToLine(
  losses: Float64Array,
  start: number,
  references: Float64Array,
  from: number,
  width: number,
): number {
  let product = 0;
  let length = 0;
  let squares = 0;
  for (let objective = 0; objective < width; objective++) {
    const loss = losses[start + objective];
    const direction = references[from + objective];
    product += loss * direction;
    length += direction * direction;
    squares += loss * loss;
  }
  return Math.sqrt(Math.max(0, squares - (product * product) / length));
}
