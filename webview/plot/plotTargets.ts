import { GUIDES, type PlotData } from './plotData.ts';

/** Where the points of a chart lie on the canvas, to find the trial under the pointer. Rebuilt after every drawing. */
export class PlotTargets {
  #x = new Float32Array(0);
  #y = new Float32Array(0);
  #numbers = new Uint32Array(0);
  #isCurves = false;

  rebuild(data: PlotData, pixelX: (x: number) => number, pixelY: (y: number) => number): void {
    const sets = data.sets.filter(({ style }) => !GUIDES.has(style));
    const count = sets.reduce((sum, { points }) => sum + points.length, 0);
    this.#x = new Float32Array(count);
    this.#y = new Float32Array(count);
    this.#numbers = new Uint32Array(count);
    this.#isCurves = data.isCurves;
    let index = 0;
    for (const { points } of sets) {
      for (const point of points) {
        this.#x[index] = pixelX(point.x);
        this.#y[index] = Number.isNaN(point.y) ? Number.NaN : pixelY(point.y);
        this.#numbers[index] = point.n;
        index++;
      }
    }
  }

  /** The trial nearest to the place, if it is at most `reach` pixels away. */
  nearest(x: number, y: number, reach: number): number | null {
    let best = reach * reach;
    let found: number | null = null;
    for (let index = 0; index < this.#numbers.length; index++) {
      const distance = this.#distance(index, x, y);
      if (distance <= best) {
        best = distance;
        found = this.#numbers[index] as number;
      }
    }
    return found;
  }

  /** Squared pixels to the point or, for curves, to the line from the point before. */
  #distance(index: number, x: number, y: number): number {
    const toX = this.#x[index] as number;
    const toY = this.#y[index] as number;
    const joined = this.#isCurves && index > 0 && this.#numbers[index - 1] === this.#numbers[index];
    if (!joined) return (x - toX) ** 2 + (y - toY) ** 2;
    const fromX = this.#x[index - 1] as number;
    const fromY = this.#y[index - 1] as number;
    const dx = toX - fromX;
    const dy = toY - fromY;
    const length = dx * dx + dy * dy;
    if (!(length > 0)) return (x - toX) ** 2 + (y - toY) ** 2;
    const along = Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / length));
    return (x - fromX - along * dx) ** 2 + (y - fromY - along * dy) ** 2;
  }
}

/** The trial that an arrow key goes to from `selected` in an ascending list. */
export function stepThrough(trials: readonly number[], selected: number | null, key: string): number | null {
  if (trials.length === 0) return null;
  const last = trials.length - 1;
  if (key === 'Home') return trials[0] as number;
  if (key === 'End' || selected === null) return trials[last] as number;
  const next = lowerBound(trials, selected);
  if (key === 'ArrowLeft') return trials[Math.max(0, next - 1)] as number;
  if (key === 'ArrowRight') return trials[Math.min(last, trials[next] === selected ? next + 1 : next)] as number;
  return null;
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
