import * as z from 'zod';
import type { OptionSpec } from '../core/methodOptions.ts';
import { SCHEDULERS, type SchedulerType } from '../core/schedulers/schedulerMethods.ts';

const types = Object.keys(SCHEDULERS) as [SchedulerType, ...SchedulerType[]];

function optionSchema(spec: OptionSpec): z.ZodType<number | boolean | string | string[]> {
  switch (spec.kind) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(spec.choices as [string, ...string[]]);
    case 'names':
      return z.array(z.string().min(1)).min(1);
    default: {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, kind } = spec;
      return (kind === 'int' ? z.int() : z.number()).min(min).max(max);
    }
  }
}

/** Every option of every scheduler; what a scheduler does not have is told when it is made. */
function allOptions(): Record<string, z.ZodOptional<z.ZodType<number | boolean | string | string[]>>> {
  const shape: ReturnType<typeof allOptions> = {};
  for (const { options } of Object.values(SCHEDULERS)) {
    for (const [name, spec] of Object.entries(options)) {
      const key = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      shape[key] ??= optionSchema(spec).describe(spec.about).optional();
    }
  }
  return shape;
}

export const scheduler = z
  .union([z.enum(types), z.strictObject({ type: z.enum(types), ...allOptions() })])
  .describe('How far each trial is trained: trials are paused and promoted, or bred as a population.');
