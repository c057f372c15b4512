import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { isDecayed, lrGroupOf } from '../optimizers/parameterGroups.ts';
import type { WeightArrays, Weights } from '../weights.ts';
import { checkDifferentiable } from './checkDifferentiable.ts';
import { type Probe, type TangentInput, Tangents, type UpdateNumbers } from './tangents.ts';

/** Differentiates a training by hyperparameters while it goes on: called around each update, and at the end. */
export class ForwardMode {
  readonly #weights: Weights;
  readonly #smoothing: number;
  readonly #lrFactors: Readonly<Record<string, number>> | null;
  readonly #tangents: Tangents;
  #moved: ReadonlyMap<Probe, readonly Float32Array[]> = new Map();
  #before: readonly TangentInput[] = [];

  /** Throws `hypergradient`. */
  constructor(weights: Weights, names: readonly Hyperparameter[], args: TrainingArgumentValues) {
    checkDifferentiable(args);
    this.#weights = weights;
    this.#smoothing = args.label_smoothing_factor;
    this.#lrFactors = args.lr_factors;
    this.#tangents = new Tangents(
      names,
      args,
      weights.variables.map(({ size }) => size),
    );
  }

  /** Before the gradient of an update. `sum` adds the gradient of the update's loss with this label smoothing. */
  probe(sum: (smoothing: number) => void): void {
    const values = this.#weights.values();
    const moved = new Map<Probe, readonly Float32Array[]>();
    try {
      for (const probe of this.#tangents.probes()) {
        this.#weights.assign(this.#tangents.movedBy(probe, values));
        sum(this.#smoothing + probe.smoothing);
        moved.set(probe, this.#weights.take());
      }
    } finally {
      this.#weights.clear();
      this.#weights.assign(values);
    }
    this.#moved = moved;
  }

  /** Before gradients are clipped and the optimiser makes its step. */
  begin(arrays: readonly WeightArrays[]): void {
    this.#before = arrays.map(({ name, values, gradient }) => ({
      name,
      values: values.slice(),
      gradient: gradient.slice(),
      isDecayed: isDecayed(name),
      lrGroup: lrGroupOf(name),
      lrFactor: this.#lrFactors?.[lrGroupOf(name)] ?? 1,
    }));
  }

  /** After the optimiser's step. */
  end(state: OptimizerState, numbers: UpdateNumbers): void {
    this.#tangents.advance(this.#before, this.#moved, state, numbers);
  }

  /**
   * The derivatives of another loss after the training. `sum` adds its gradient and returns it, with this label smoothing,
   * in which it is linear.
   */
  derivatives(sum: (smoothing: number) => number): Record<string, number> {
    const loss = sum(this.#smoothing);
    const derivatives = this.#tangents.along(this.#weights.take());
    const smoothed = derivatives.get('label_smoothing_factor');
    if (smoothed !== undefined) {
      const more = sum(this.#smoothing + 0.5);
      this.#weights.clear();
      derivatives.set('label_smoothing_factor', smoothed + (more - loss) / 0.5);
    }
    return Object.fromEntries(derivatives);
  }
}
