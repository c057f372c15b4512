import { ArrayOptimizer, type Slot } from './optimizer.ts';

export interface SgdOptions {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

/** torch.optim.SGD: the weight decay is added to the gradient; Hugging Face's `optim: sgd` has no momentum unless `optim_args` says so. */
export class Sgd extends ArrayOptimizer {
  readonly #options: SgdOptions;

  constructor(options: SgdOptions) {
    super();
    this.#options = options;
  }

  step(slots: readonly Slot[], learningRate: number): void {
    this.memory.next();
    for (const slot of slots) {
      const rate = learningRate * slot.lrFactor;
      if (this.#options.momentum === 0) this.#plain(slot, rate);
      else this.#withMomentum(slot, rate);
    }
  }

  #plain({ values, gradient, weightDecay }: Slot, learningRate: number): void {
    for (let at = 0; at < values.length; at++) {
      const value = values[at] as number;
      values[at] = value - learningRate * ((gradient[at] as number) + weightDecay * value);
    }
  }

  #withMomentum(slot: Slot, learningRate: number): void {
    const { momentum, dampening, nesterov } = this.#options;
    const { values, gradient, weightDecay } = slot;
    // PyTorch begins with the whole gradient, whatever the dampening.
    const isFirst = !this.memory.has('momentum_buffer', slot);
    const buffer = this.memory.array('momentum_buffer', slot, values.length);
    for (let at = 0; at < values.length; at++) {
      const value = values[at] as number;
      const slope = (gradient[at] as number) + weightDecay * value;
      const moved = isFirst ? slope : momentum * (buffer[at] as number) + (1 - dampening) * slope;
      buffer[at] = moved;
      values[at] = value - learningRate * (nesterov ? slope + momentum * moved : moved);
    }
  }
}
