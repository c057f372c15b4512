import type { Metrics } from './trainerOptions.ts';

/** Hugging Face's speed_metrics. */
export function speedMetrics(split: string, seconds: number, samples: number, steps: number): Metrics {
  const runtime = { [`${split}_runtime`]: rounded(seconds, 4) };
  if (seconds === 0) return runtime;
  return {
    ...runtime,
    [`${split}_samples_per_second`]: rounded(samples / seconds, 3),
    [`${split}_steps_per_second`]: rounded(steps / seconds, 3),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
