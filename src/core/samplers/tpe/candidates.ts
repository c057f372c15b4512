import { type Dimension, DimensionKind } from './dimension.ts';

/** Points to be judged, in the form that the kernels read: coordinates, and the cell of a grid point. */
export class Candidates {
  readonly count: number;
  readonly width: number;
  /** `width` numbers a candidate. */
  readonly coordinates: Float64Array;
  readonly cellLow: Float64Array;
  readonly cellHigh: Float64Array;
  readonly #internals: Float64Array;

  constructor(count: number, width: number) {
    this.count = count;
    this.width = width;
    this.coordinates = new Float64Array(count * width);
    this.cellLow = new Float64Array(count * width);
    this.cellHigh = new Float64Array(count * width);
    this.#internals = new Float64Array(width);
  }

  /** Sets one parameter of one candidate to the valid value nearest to a coordinate. */
  set(candidate: number, index: number, dimension: Dimension, coordinate: number): void {
    const at = candidate * this.width + index;
    if (dimension.kind === DimensionKind.discrete) {
      const cell = dimension.cell(coordinate);
      this.cellLow[at] = cell.low;
      this.cellHigh[at] = cell.high;
      this.coordinates[at] = cell.coordinate;
    } else this.coordinates[at] = coordinate;
  }

  /** The internal values of one candidate (one buffer for all calls). */
  internals(candidate: number, dimensions: readonly Dimension[]): Float64Array {
    for (let index = 0; index < this.width; index++) {
      const dimension = dimensions[index];
      const coordinate = this.coordinates[candidate * this.width + index];
      this.#internals[index] =
        dimension.kind === DimensionKind.discrete
          ? dimension.cell(coordinate).internal
          : dimension.internal(coordinate);
    }
    return this.#internals;
  }
}
