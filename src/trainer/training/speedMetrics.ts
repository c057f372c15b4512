import type { Metrics } from './trainerOptions.ts';

/** Hugging Face's speed_metrics: `{split}_runtime`, and what was done a second of each of `done`. */
export function speedMetrics(
  split: string,
  seconds: number,
  done: { readonly samples?: number; readonly steps?: number; readonly tokens?: number },
): Metrics {
  const metrics: Metrics = { [`${split}_runtime`]: rounded(seconds, 4) };
  if (seconds === 0) return metrics;
  for (const [what, count] of Object.entries(done))
    metrics[`${split}_${what}_per_second`] = rounded(count / seconds, 3);
  return metrics;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
