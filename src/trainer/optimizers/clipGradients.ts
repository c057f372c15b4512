import { arrayKernels } from '../kernels/arrayKernels.ts';

/** Scales all gradients to a joint norm of at most `limit` (0: not at all), as torch's clip_grad_norm_. Returns the norm before. */
export function clipGradients(gradients: readonly Float32Array[], limit: number): number {
  const norm = Math.sqrt(gradients.reduce((sum, gradient) => sum + sumOfSquares(gradient), 0));
  const scale = limit / (norm + 1e-6);
  if (limit > 0 && scale < 1) {
    for (const gradient of gradients) {
      for (let at = 0; at < gradient.length; at++) gradient[at] = (gradient[at] as number) * scale;
    }
  }
  return norm;
}

/** In double precision: a float32 sum over millions of numbers is short by parts in a thousand. */
function sumOfSquares(values: Float32Array): number {
  const kernels = arrayKernels();
  if (kernels) return kernels.sumOfSquares(values);
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] as number) ** 2;
  return sum;
}
