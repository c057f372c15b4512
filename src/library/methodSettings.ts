/** Samplers, pruners and schedulers by name, with the names and types of their options, out of the tables of methods. */
import type { OptionSpec } from '../core/methodOptions.ts';
import type { PRUNERS } from '../core/pruners/prunerMethods.ts';
import type { SAMPLERS } from '../core/samplers/samplerMethods.ts';
import type { SCHEDULERS } from '../core/schedulers/schedulerMethods.ts';

type ValueOf<O extends OptionSpec> = O extends { readonly kind: 'choice'; readonly choices: readonly (infer C)[] }
  ? C
  : O extends { readonly kind: 'flag' }
    ? boolean
    : O extends { readonly kind: 'names' }
      ? readonly string[]
      : number;

type SnakeCase<T extends string> = T extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : '';

type Options<O extends Readonly<Record<string, OptionSpec>>> = {
  readonly [N in keyof O & string]?: ValueOf<O[N]> | undefined;
} & { readonly [N in keyof O & string as SnakeCase<N>]?: ValueOf<O[N]> | undefined };

type Setting<M extends Readonly<Record<string, { readonly options: Readonly<Record<string, OptionSpec>> }>>, More> = {
  [N in keyof M & string]: N | ({ readonly type: N } & Options<M[N]['options']> & More);
}[keyof M & string];

/** A sampler by its name in the study file, alone or with its options (camelCase or snake_case). */
export type SamplerSetting = Setting<typeof SAMPLERS, { readonly seed?: number | undefined }>;
export type PrunerSetting = Setting<typeof PRUNERS, object>;
export type SchedulerSetting = Setting<typeof SCHEDULERS, object>;
export type MethodSetting = SamplerSetting | PrunerSetting | SchedulerSetting;
