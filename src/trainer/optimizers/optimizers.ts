import { TuneboardError } from '../../core/errors.ts';

/**
 * Optimisers and schedules over plain arrays, so that they are the same on every backend: sums are taken in double
 * precision, where a float32 norm over millions of weights is short by parts in a thousand.
 */

/** One parameter's values with its gradient; `values` are changed in place. */
export interface Slot {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly weightDecay: number;
}

export interface Optimizer {
  /** One update. Slots come in the same order every time. */
  step(slots: readonly Slot[], learningRate: number): void;
}

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW. */
export class AdamW implements Optimizer {
  readonly #options: AdamWOptions;
  readonly #means: Float32Array[] = [];
  readonly #squares: Float32Array[] = [];
  #step = 0;

  constructor(options: AdamWOptions) {
    this.#options = options;
  }

  step(slots: readonly Slot[], learningRate: number): void {
    const { beta1, beta2 } = this.#options;
    this.#step++;
    const size = learningRate / (1 - beta1 ** this.#step);
    const correction = Math.sqrt(1 - beta2 ** this.#step);
    for (const [index, slot] of slots.entries()) {
      this.#means[index] ??= new Float32Array(slot.values.length);
      this.#squares[index] ??= new Float32Array(slot.values.length);
      this.#update(slot, index, 1 - learningRate * slot.weightDecay, size, correction);
    }
  }

  #update({ values, gradient }: Slot, index: number, decay: number, size: number, correction: number): void {
    const { beta1, beta2, epsilon } = this.#options;
    const means = this.#means[index] as Float32Array;
    const squares = this.#squares[index] as Float32Array;
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

/** torch.optim.SGD as Hugging Face's `optim: sgd` makes it: no momentum, weight decay added to the gradient. */
export class Sgd implements Optimizer {
  step(slots: readonly Slot[], learningRate: number): void {
    for (const { values, gradient, weightDecay } of slots) {
      for (let at = 0; at < values.length; at++) {
        const value = values[at] as number;
        values[at] = value - learningRate * ((gradient[at] as number) + weightDecay * value);
      }
    }
  }
}

/** Scales all gradients to a joint norm of at most `limit` (0: not at all), as torch's clip_grad_norm_. Returns the norm before. */
export function clipGradients(gradients: readonly Float32Array[], limit: number): number {
  let sum = 0;
  for (const gradient of gradients) {
    for (let at = 0; at < gradient.length; at++) sum += (gradient[at] as number) ** 2;
  }
  const norm = Math.sqrt(sum);
  const scale = limit / (norm + 1e-6);
  if (limit > 0 && scale < 1) {
    for (const gradient of gradients) {
      for (let at = 0; at < gradient.length; at++) gradient[at] = (gradient[at] as number) * scale;
    }
  }
  return norm;
}

export const SCHEDULES = ['linear', 'cosine', 'constant', 'constant_with_warmup'] as const;

export type ScheduleName = (typeof SCHEDULES)[number];

/** The factor on the learning rate of update `step` (from 0), as transformers' get_scheduler. */
export function scheduleFactor(name: ScheduleName, step: number, warmup: number, total: number): number {
  if (name === 'constant') return 1;
  if (step < warmup) return step / Math.max(1, warmup);
  if (name === 'constant_with_warmup') return 1;
  const progress = (step - warmup) / Math.max(1, total - warmup);
  return name === 'linear' ? Math.max(0, 1 - progress) : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/** Weight decay is for all but biases and layer norms, as Hugging Face's Trainer groups them. */
export function isDecayed(name: string): boolean {
  return !name.endsWith('.bias') && !name.includes('LayerNorm');
}

/** The optimiser that `optim` names. */
export function createOptimizer(name: string, options: AdamWOptions): Optimizer {
  if (name === 'adamw_torch' || name === 'adamw_torch_fused') return new AdamW(options);
  if (name === 'sgd') return new Sgd();
  throw new TuneboardError('training-arguments', `optim is ${name}: use adamw_torch, adamw_torch_fused or sgd.`);
}
