import { ArrayOptimizer, type Slot } from './optimizer.ts';

/** Added to squared gradients. */
const FLOOR = 1e-30;
/** Of the moving averages: β₂ at step t is 1 − t to this power. */
const DECAY_POWER = -0.8;
/** Root mean square that an update has at the most, before the learning rate. */
const CLIP = 1;

/**
 * Adafactor (Shazeer and Stern 2018) as Hugging Face's Trainer makes it: with the given learning rate (neither relative
 * steps nor scaling by the parameter) and without momentum. Of a matrix it keeps the means of rows and columns only.
 */
export class Adafactor extends ArrayOptimizer {
  step(slots: readonly Slot[], learningRate: number): void {
    const decay = 1 - this.memory.next() ** DECAY_POWER;
    for (const slot of slots) {
      const update = slot.shape.length >= 2 ? this.#factored(slot, decay) : this.#plain(slot, decay);
      const rate = learningRate * slot.lrFactor;
      const factor = rate / Math.max(1, rootMeanSquare(update) / CLIP);
      const kept = 1 - rate * slot.weightDecay;
      const { values } = slot;
      for (let at = 0; at < values.length; at++) {
        values[at] = (values[at] as number) * kept - factor * (update[at] as number);
      }
    }
  }

  #plain(slot: Slot, decay: number): Float64Array {
    const { gradient } = slot;
    const squares = this.memory.array('exp_avg_sq', slot, gradient.length);
    const update = new Float64Array(gradient.length);
    for (let at = 0; at < gradient.length; at++) {
      const slope = gradient[at] as number;
      squares[at] = decay * (squares[at] as number) + (1 - decay) * (slope * slope + FLOOR);
      update[at] = slope / Math.sqrt(squares[at] as number);
    }
    return update;
  }

  #factored(slot: Slot, decay: number): Float64Array {
    const { gradient, shape } = slot;
    const columns = shape.at(-1) as number;
    const rows = gradient.length / columns;
    const [rowMeans, columnMeans] = meanSquares(gradient, rows, columns);
    const rowAverages = this.memory.array('exp_avg_sq_row', slot, rows);
    const columnAverages = this.memory.array('exp_avg_sq_col', slot, columns);
    average(rowAverages, rowMeans, decay);
    average(columnAverages, columnMeans, decay);
    const overall = rowAverages.reduce((sum, one) => sum + one, 0) / rows;
    const update = new Float64Array(gradient.length);
    for (let row = 0; row < rows; row++) {
      const byRow = 1 / Math.sqrt((rowAverages[row] as number) / overall);
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        update[at] = ((gradient[at] as number) * byRow) / Math.sqrt(columnAverages[column] as number);
      }
    }
    return update;
  }
}

/** Means over each row and over each column of the squares, with the floor. */
function meanSquares(gradient: Float32Array, rows: number, columns: number): [Float64Array, Float64Array] {
  const byRow = new Float64Array(rows).fill(FLOOR);
  const byColumn = new Float64Array(columns).fill(FLOOR);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const square = (gradient[row * columns + column] as number) ** 2;
      byRow[row] = (byRow[row] as number) + square / columns;
      byColumn[column] = (byColumn[column] as number) + square / rows;
    }
  }
  return [byRow, byColumn];
}

function average(averages: Float32Array, means: Float64Array, decay: number): void {
  for (let at = 0; at < averages.length; at++) {
    averages[at] = decay * (averages[at] as number) + (1 - decay) * (means[at] as number);
  }
}

function rootMeanSquare(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] as number) ** 2;
  return Math.sqrt(sum / values.length);
}
