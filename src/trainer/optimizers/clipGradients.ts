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
