import * as z from 'zod';
import type { MethodSpec, OptionSpec, OptionValue } from '../../core/methodOptions.ts';
import { PRUNERS, type PrunerMethod, type PrunerType } from '../../core/pruners/prunerMethods.ts';
import { SAMPLERS, type SamplerType } from '../../core/samplers/samplerMethods.ts';
import { SCHEDULERS, type SchedulerType } from '../../core/schedulers/schedulerMethods.ts';
import { snakeCase } from '../../core/text/letterCase.ts';

/**
 * The parts of the study file that choose a method, derived from the tables of the core: `sampler: tpe` or a block with the
 * `type` and that type's own options, in snake_case.
 */

type Methods = Readonly<Record<string, MethodSpec>>;

/** A method's block as it is written. */
export interface RawMethod<T extends string> {
  readonly type: T;
  readonly seed?: number | undefined;
  readonly [option: string]: OptionValue | undefined;
}

type MethodSchema<T extends string> = z.ZodType<T | RawMethod<T>>;

const seed = z.int().nonnegative().describe('makesSuggestionsRepeatableDrawn').optional();

function optionSchema(spec: OptionSpec): z.ZodType {
  switch (spec.kind) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(spec.choices);
    case 'names':
      return z.array(z.string().min(1)).min(1);
    default: {
      const number = spec.kind === 'int' ? z.int() : z.number();
      const above = spec.min === undefined ? number : number.min(spec.min);
      return spec.max === undefined ? above : above.max(spec.max);
    }
  }
}

/** Options by their written names; of a pruner that wraps another, also those of all that it may wrap. */
function writtenOptions(method: PrunerMethod): Map<string, OptionSpec> {
  const options = new Map<string, OptionSpec>();
  const add = (own: Readonly<Record<string, OptionSpec>>) => {
    for (const [name, spec] of Object.entries(own))
      if (!options.has(snakeCase(name))) options.set(snakeCase(name), spec);
  };
  add(method.options);
  const wrapped = method.wraps === undefined ? undefined : method.options[method.wraps];
  if (wrapped?.kind === 'choice') for (const type of wrapped.choices) add(PRUNERS[type as PrunerType].options);
  return options;
}

function blockOf(type: string, method: PrunerMethod, common: z.ZodRawShape): z.ZodObject {
  const options = [...writtenOptions(method)].map(([name, spec]) => {
    return [name, optionSchema(spec).describe(spec.about).optional()];
  });
  return z.strictObject({ type: z.literal(type).describe(method.about), ...common, ...Object.fromEntries(options) });
}

function methodSchema<T extends string>(methods: Methods, common: z.ZodRawShape = {}): MethodSchema<T> {
  const types = Object.keys(methods);
  const blocks = types.map((type) => blockOf(type, methods[type] as MethodSpec, common));
  const block = z.discriminatedUnion('type', blocks as [z.ZodObject, ...z.ZodObject[]]);
  return z.union([z.enum(types), block]) as unknown as MethodSchema<T>;
}

export const sampler = methodSchema<SamplerType>(SAMPLERS, { seed }).describe('howParametersProposed');

export const pruner = methodSchema<PrunerType>(PRUNERS).describe('whenEndTrialEarly');

export const scheduler = methodSchema<SchedulerType>(SCHEDULERS).describe('howFarEachTrial');
