import type { OptimizerState } from '../optimizers/optimizer.ts';
import type { WeightArrays } from '../training/weights.ts';

/** What adding up the gradient of a loss tells beside it. */
export interface Summed {
  readonly loss: number;
  /** The derivative of the loss by its label smoothing, in which it is linear. */
  readonly bySmoothing: number;
}

/** Adds the gradient of a loss with this label smoothing. */
export type Sum = (smoothing: number) => Summed;

/** The numbers of the update that was made. */
export interface UpdateNumbers {
  readonly learningRate: number;
  /** The share of `learning_rate` that it is; before the factors of groups. */
  readonly schedule: number;
  /** Before clipping. */
  readonly gradNorm: number;
}

/** Differentiates a training by hyperparameters: called around each update, and at the end. */
export interface Differentiation {
  /** Before the gradient of an update. `sum` can be called here and, where the mode says so, later. */
  prepare(sum: Sum): void;
  /** Before gradients are clipped and the optimiser makes its step. `bySmoothing`: of the update's loss. */
  begin(arrays: readonly WeightArrays[], bySmoothing: number): void;
  /** After the optimiser's step. */
  end(state: OptimizerState, numbers: UpdateNumbers): void;
  /** The derivatives of another loss after the training, whose gradient `sum` adds. Called once, at the end. */
  derivatives(sum: Sum): Record<string, number>;
}
