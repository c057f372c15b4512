import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { isDecayed, lrGroupOf } from '../optimizers/parameterGroups.ts';
import type { WeightArrays, Weights } from '../training/weights.ts';
import type { Differentiation, Sum, UpdateNumbers } from './differentiation.ts';
import { type Probe, type TangentInput, Tangents } from './tangents.ts';

/**
 * Differentiates a training by hyperparameters while it goes on (see `Tangents`): one more gradient an update for each
 * hyperparameter, in memory that does not grow with the number of updates.
 */
export class ForwardMode implements Differentiation {
  readonly #weights: Weights;
  readonly #smoothing: number;
  readonly #lrFactors: Readonly<Record<string, number>> | null;
  readonly #tangents: Tangents;
  #moved: ReadonlyMap<Probe, readonly Float32Array[]> = new Map();
  #before: readonly TangentInput[] = [];

  constructor(weights: Weights, names: readonly Hyperparameter[], args: TrainingArgumentValues) {
    this.#weights = weights;
    this.#smoothing = args.label_smoothing_factor;
    this.#lrFactors = args.lr_factors;
    this.#tangents = new Tangents(
      names,
      args,
      weights.variables.map(({ size }) => size),
    );
  }

  prepare(sum: Sum): void {
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

  end(state: OptimizerState, numbers: UpdateNumbers): void {
    this.#tangents.advance(this.#before, this.#moved, state, numbers);
  }

  derivatives(sum: Sum): Record<string, number> {
    const { bySmoothing } = sum(this.#smoothing);
    const derivatives = this.#tangents.along(this.#weights.take());
    const smoothed = derivatives.get('label_smoothing_factor');
    if (smoothed !== undefined) derivatives.set('label_smoothing_factor', smoothed + bySmoothing);
    return Object.fromEntries(derivatives);
  }
}
