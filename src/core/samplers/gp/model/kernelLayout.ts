import { DimensionKind, type Encoding } from '../../encoding.ts';

/** Grids with more levels than this are warped and searched as if they were continuous. */
export const FEW_LEVELS = 12;

/**
 * How the dimensions of an encoding become columns of the model, and hyperparameters places of θ.
 *
 * Model dimensions come in three kinds, in this order. *Plain* numeric ones are one column. A conditional numeric one is an
 * *arc*: (cos u, sin u), or (0, 0) while it is inactive, so that two active places lie at a squared distance of about
 * (u − u')², an active and an inactive one at 1, two inactive ones at 0, and the kernel stays positive definite
 * (Swersky, Duvenaud, Snoek, Hutter, Osborne: "Raiders of the lost architecture", 2014). A *categorical* one is a code, −1
 * while inactive, at distance 0 or 1.
 *
 * θ = (log w of each model dimension, log s², log noise, mixing logit, then (log a, log b) of each input warp, then log noise
 * of slopes where there are any).
 */
export class KernelLayout {
  readonly encoding: Encoding;
  /** Dimension of the encoding behind each model dimension. */
  readonly sources: Int32Array;
  readonly plain: number;
  readonly arcs: number;
  readonly categorical: number;
  /** Number of model dimensions. */
  readonly size: number;
  /** Columns of a row of features. */
  readonly width: number;
  readonly scaleAt: number;
  readonly noiseAt: number;
  readonly mixingAt: number;
  /** Place of (log a, log b) in θ by model dimension, −1 where there is no input warp. */
  readonly warpAt: Int32Array;
  readonly hyperparameters: number;
  /** −1 where the model sees no slopes. */
  readonly slopeNoiseAt: number;
  /** Whether a model dimension may be absent. */
  readonly isConditional: Uint8Array;

  constructor(encoding: Encoding, { warps, slopes = false }: { readonly warps: boolean; readonly slopes?: boolean }) {
    const places = [...encoding.dimensions.entries()];
    const pick = (kind: number, conditional: boolean) =>
      places.filter(([, one]) => one.kind === kind && one.isConditional === conditional).map(([index]) => index);
    const plain = pick(DimensionKind.numeric, false);
    const arcs = pick(DimensionKind.numeric, true);
    const categorical = places.filter(([, one]) => one.kind === DimensionKind.categorical).map(([index]) => index);
    this.encoding = encoding;
    this.sources = Int32Array.from([...plain, ...arcs, ...categorical]);
    this.plain = plain.length;
    this.arcs = arcs.length;
    this.categorical = categorical.length;
    this.size = this.sources.length;
    this.width = this.plain + 2 * this.arcs + this.categorical;
    this.scaleAt = this.size;
    this.noiseAt = this.size + 1;
    this.mixingAt = this.size + 2;
    let next = this.size + 3;
    this.warpAt = this.sources.map((source) => {
      const { kind, levels } = encoding.dimensions[source];
      if (!warps || kind !== DimensionKind.numeric || levels <= FEW_LEVELS) return -1;
      next += 2;
      return next - 2;
    });
    this.slopeNoiseAt = slopes ? next : -1;
    this.hyperparameters = slopes ? next + 1 : next;
    this.isConditional = Uint8Array.from(this.sources, (source) => Number(encoding.dimensions[source]?.isConditional));
  }

  /** First column of a numeric model dimension, or the column of a categorical one. */
  column(dimension: number): number {
    if (dimension < this.plain) return dimension;
    if (dimension < this.plain + this.arcs) return this.plain + 2 * (dimension - this.plain);
    return dimension + this.arcs;
  }
}
