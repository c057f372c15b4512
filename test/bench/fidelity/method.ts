import type { GivenOptions } from '../../../src/core/methodOptions.ts';
import { createPruner } from '../../../src/core/pruners/createPruner.ts';
import type { Pruner } from '../../../src/core/pruners/pruner.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import type { Sampler } from '../../../src/core/samplers/sampler.ts';
import { createScheduler } from '../../../src/core/schedulers/createScheduler.ts';
import type { Scheduler } from '../../../src/core/schedulers/scheduler.ts';

interface Part {
  readonly type: string;
  readonly options: GivenOptions;
}

/** `tpe` trains to the end, `tpe+median` prunes, `tpe/asha` pauses and promotes; each with options in braces. */
export interface Method {
  readonly name: string;
  readonly sampler: Part;
  readonly pruner: Part | null;
  readonly scheduler: Part | null;
}

const PART = '([\\w-]+)(\\{[^}]*\\})?';

export function parseMethod(name: string): Method {
  const match = new RegExp(`^${PART}(?:\\+${PART})?(?:/${PART})?$`).exec(name);
  if (!match) throw new Error(`${name} names no method: write tpe, tpe+median or tpe/asha{"option":1}.`);
  const part = (place: number): Part | null =>
    match[place] === undefined ? null : { type: match[place], options: JSON.parse(match[place + 1] ?? '{}') };
  return { name, sampler: part(1) as Part, pruner: part(3), scheduler: part(5) };
}

export function partsOf(
  { sampler, pruner, scheduler }: Method,
  seed: number,
  epochs: number,
): { sampler: Sampler; pruner: Pruner | null; scheduler: Scheduler | null } {
  return {
    sampler: createSampler({ ...sampler, seed }),
    pruner: pruner && createPruner(pruner),
    scheduler:
      scheduler &&
      createScheduler({ type: scheduler.type, seed, options: { maxResource: epochs, ...scheduler.options } }),
  };
}
