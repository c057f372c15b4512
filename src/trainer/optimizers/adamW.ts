import { arrayKernels } from '../kernels/arrayKernels.ts';
import { ArrayOptimizer, type Slot } from './optimizer.ts';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW. */
export class AdamW extends ArrayOptimizer {
  readonly #options: AdamWOptions;

  constructor(options: AdamWOptions) {
    super();
    this.#options = options;
  }

  step(slots: readonly Slot[], learningRate: number): void {
    const { beta1, beta2 } = this.#options;
    const step = this.memory.next();
    const correction = Math.sqrt(1 - beta2 ** step);
    for (const slot of slots) {
      const rate = learningRate * slot.lrFactor;
      this.#update(slot, 1 - rate * slot.weightDecay, rate / (1 - beta1 ** step), correction);
    }
  }

  #update(slot: Slot, decay: number, size: number, correction: number): void {
    const { beta1, beta2, epsilon } = this.#options;
    const { values, gradient } = slot;
    const means = this.memory.array('exp_avg', slot, values.length);
    const squares = this.memory.array('exp_avg_sq', slot, values.length);
    const kernels = arrayKernels();
    if (kernels) {
      kernels.adamw({ values, gradient, means, squares }, { beta1, beta2, epsilon, decay, size, correction });
      return;
    }
    for (let at = 0; at < values.length; at++) {
      const slope = gradient[at] as number;
      const mean = beta1 * (means[at] as number) + (1 - beta1) * slope;
      const square = beta2 * (squares[at] as number) + (1 - beta2) * slope * slope;
      means[at] = mean;
      squares[at] = square;
      values[at] = (values[at] as number) * decay - (size * mean) / (Math.sqrt(square) / correction + epsilon);
    }
  }
}
