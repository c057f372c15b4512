import { gridPoint } from '../../space/distributionRules.ts';
import type { Distribution } from '../../space/distributions.ts';
import { type NumericDistribution, scaleOf } from '../../space/unitInterval.ts';

/** Orders the cheap ones first: a kernel that a continuous dimension rules out is not looked at any further. */
export const DimensionKind = { continuous: 0, categorical: 1, discrete: 2 } as const;
export type DimensionKind = (typeof DimensionKind)[keyof typeof DimensionKind];

/** A point of a grid: its internal value, its coordinate and the borders of its cell. */
interface Cell {
  readonly internal: number;
  readonly coordinate: number;
  readonly low: number;
  readonly high: number;
}

/** Cells that are kept; of a larger grid the others are made anew each time. */
const MOST_CELLS = 4096;

/**
 * One parameter as the kernels see it: a coordinate in [0, 1] (on the log scale where the range is logarithmic, with half
 * a step added on both sides of a grid, as in Optuna), or the index of a choice.
 */
export class Dimension {
  readonly name: string;
  readonly distribution: Distribution;
  readonly kind: DimensionKind;
  /** Number of choices; 0 for a numeric dimension. */
  readonly choices: number;
  readonly #scale: NumericDistribution | null;
  readonly #low: number = 0;
  readonly #halfWidth: number = 0.5;
  readonly #halfStep: number = 0;
  readonly #log: boolean = false;
  /** By place in the grid. */
  readonly #cells = new Map<number, Cell>();

  /** Optuna 4 takes a logarithmic range of integers for a continuous one until the draw is rounded. */
  constructor(name: string, distribution: Distribution, { asOptuna4 = false }: { asOptuna4?: boolean } = {}) {
    this.name = name;
    this.distribution = distribution;
    this.kind = kindOf(distribution, asOptuna4);
    const scale = scaleOf(distribution);
    this.#scale = scale;
    this.choices = distribution.type === 'categorical' && scale === null ? distribution.choices.length : 0;
    if (scale === null) return;
    this.#log = scale.log;
    this.#halfStep = scale.step === null ? 0 : scale.step / 2;
    this.#low = this.#scaled(scale.low - this.#halfStep);
    // Halves, so that −1.7e308 … 1.7e308 does not overflow.
    this.#halfWidth = this.#scaled(scale.high + this.#halfStep) / 2 - this.#low / 2;
  }

  /** An observation from outside the present range counts as one at its border. */
  coordinate(internal: number): number {
    if (this.kind === DimensionKind.categorical) return internal;
    const coordinate = (this.#scaled(internal) / 2 - this.#low / 2) / this.#halfWidth;
    return coordinate > 0 ? Math.min(coordinate, 1) : 0;
  }

  /** The valid internal value nearest to a coordinate. */
  internal(coordinate: number): number {
    const scale = this.#scale;
    if (scale === null) return coordinate;
    const { low, step } = scale;
    const value = this.#inside(coordinate, scale);
    return step === null ? value : gridPoint(scale, Math.round((value - low) / step));
  }

  /** The cell of the grid point nearest to a coordinate of a discrete dimension. */
  cell(coordinate: number): Cell {
    const scale = this.#scale;
    if (scale === null) throw new TypeError('Choices have no cells.');
    const { low, step } = scale;
    const place = Math.round((this.#inside(coordinate, scale) - low) / (step ?? 1));
    const known = this.#cells.get(place);
    if (known) return known;
    const internal = gridPoint(scale, place);
    const cell = {
      internal,
      coordinate: this.coordinate(internal),
      low: this.coordinate(internal - this.#halfStep),
      high: this.coordinate(internal + this.#halfStep),
    };
    if (this.#cells.size < MOST_CELLS) this.#cells.set(place, cell);
    return cell;
  }

  #inside(coordinate: number, { low, high }: { readonly low: number; readonly high: number }): number {
    const scaled = this.#low + coordinate * this.#halfWidth + coordinate * this.#halfWidth;
    return Math.min(Math.max(this.#log ? Math.exp(scaled) : scaled, low), high);
  }

  #scaled(value: number): number {
    return this.#log ? Math.log(value) : value;
  }
}

function kindOf(distribution: Distribution, asOptuna4: boolean): DimensionKind {
  const scale = scaleOf(distribution);
  if (scale === null) return DimensionKind.categorical;
  return scale.step === null || (asOptuna4 && scale.log) ? DimensionKind.continuous : DimensionKind.discrete;
}
