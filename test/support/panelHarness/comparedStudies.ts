/** Studies beside each other, of which is known which is better and by how much. */
import type { ComparedStudy, ToPanel } from '../../../src/protocol/panel.ts';
import { seededRandom } from '../seededRandom.ts';

interface Made {
  readonly name: string;
  readonly trials: number;
  /** The larger, the sooner it is good. */
  readonly speed: number;
  readonly seed: number;
  readonly objectives?: number;
  readonly problem?: string;
}

function made({ name, trials, speed, seed, objectives = 1, problem }: Made): ComparedStudy {
  const random = seededRandom(seed);
  const isBad = problem !== undefined;
  const kept = isBad ? [] : Array.from({ length: trials }, (_, at) => at).filter((at) => at % 9 !== 4);
  const values = kept.flatMap((at) => {
    const value = 0.93 - 0.5 / (1 + speed * at) - 0.2 * random();
    return objectives === 1 ? [value] : [value, 20 + 60 * random() + 30 * value];
  });
  return {
    id: `/storage#${name}`,
    name,
    problem: problem ?? null,
    directions: objectives === 1 ? [2] : [2, 1],
    metricNames: objectives === 1 ? ['eval_f1'] : ['eval_f1', 'latency_ms'],
    finished: isBad ? 0 : trials,
    places: Uint32Array.from(kept, (at) => at + 1),
    elapsed: Float64Array.from(kept, (at) => 60_000 * (at + 1) * (0.7 + 0.3 * speed)),
    values: Float64Array.from(values),
  };
}

const SETS: Readonly<Record<string, readonly Made[]>> = {
  alone: [{ name: 'bert-digits', trials: 60, speed: 0.3, seed: 1 }],
  three: [
    { name: 'bert-digits', trials: 60, speed: 0.3, seed: 1 },
    { name: 'optuna-tpe', trials: 100, speed: 0.05, seed: 2 },
    { name: 'random', trials: 45, speed: 0.01, seed: 3 },
    {
      name: '<img src=x onerror=alert(1)>',
      trials: 0,
      speed: 1,
      seed: 4,
      problem: 'It has 2 objectives, this study 1.',
    },
  ],
  repeats: [
    { name: 'gp-seed1', trials: 60, speed: 0.3, seed: 1 },
    ...[2, 3, 4, 5, 6].map((seed) => ({ name: `gp-seed${seed}`, trials: 50 + seed, speed: 0.3, seed })),
    ...[1, 2, 3].map((seed) => ({ name: `random seed=${seed}`, trials: 70, speed: 0.02, seed: 20 + seed })),
    { name: 'resnet18', trials: 40, speed: 0.1, seed: 31 },
    { name: 'resnet50', trials: 40, speed: 0.2, seed: 32 },
  ],
  many: Array.from({ length: 20 }, (_, at) => ({
    name: `sweep ${'abcdefghijklmnopqrst'[at]} with a name that is longer than any column`,
    trials: 30 + at,
    speed: 0.02 * (at + 1),
    seed: at,
  })),
  several: [
    { name: 'bert-digits', trials: 80, speed: 0.3, seed: 1, objectives: 2 },
    { name: 'nsga', trials: 80, speed: 0.1, seed: 2, objectives: 2 },
  ],
};

/** What the extension says of one of these sets. */
export function compared(set: string, isAsked = true): ToPanel {
  const studies = (SETS[set] as readonly Made[]).map(made);
  return { type: 'compared', ids: studies.map(({ id }) => id), studies, isAsked };
}
