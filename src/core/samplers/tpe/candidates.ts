import { type Dimension, DimensionKind } from './dimension.ts';

/** Points to be judged, in the form that the kernels read: coordinates, and the cell of a grid point. */
export class Candidates {
  readonly count: number;
  readonly width: number;
  /** `width` numbers a candidate. */
  readonly internal: Float64Array;
  readonly coordinates: Float64Array;
  readonly cellLow: Float64Array;
  readonly cellHigh: Float64Array;

  constructor(count: number, width: number) {
    this.count = count;
    this.width = width;
    this.internal = new Float64Array(count * width);
    this.coordinates = new Float64Array(count * width);
    this.cellLow = new Float64Array(count * width);
    this.cellHigh = new Float64Array(count * width);
  }

  /** Sets one parameter of one candidate to the valid value nearest to a coordinate. */
  set(candidate: number, index: number, dimension: Dimension, coordinate: number): void {
    const at = candidate * this.width + index;
    const internal = dimension.internal(coordinate);
    this.internal[at] = internal;
    if (dimension.kind === DimensionKind.discrete) {
      this.cellLow[at] = dimension.cellLow(internal);
      this.cellHigh[at] = dimension.cellHigh(internal);
      this.coordinates[at] = dimension.coordinate(internal);
    } else this.coordinates[at] = coordinate;
  }
}
