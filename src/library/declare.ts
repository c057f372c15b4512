/**
 * Spaces with types: what a declaration says of its parameters is the type of a trial's `params`. `NoInfer`: a parameter is as
 * it is declared, whatever the space around it may hold.
 */
import type { ParameterDeclaration, SpaceDeclaration } from '../core/space/declaredSpace.ts';
import type { Choice, Params } from '../core/space/distributions.ts';

type Declared<T extends ParameterDeclaration['type']> = Extract<ParameterDeclaration, { readonly type: T }>;
type RangeOptions = Omit<Declared<'float' | 'int'>, 'type' | 'low' | 'high'>;
type ListOptions = Omit<Declared<'categorical'>, 'type' | 'choices'>;
type Range<T extends 'float' | 'int', O> = {
  readonly type: T;
  readonly low: number;
  readonly high: number;
} & NoInfer<O>;

/** A number from `low` to `high`, both possible. `log`: equal ratios are equally likely; `step`: a grid from `low` on. */
export function float<const O extends RangeOptions = object>(
  low: number,
  high: number,
  options?: O,
): Range<'float', O> {
  return { type: 'float', low, high, ...(options as O) };
}

/** A whole number from `low` to `high`, both possible. */
export function int<const O extends RangeOptions = object>(low: number, high: number, options?: O): Range<'int', O> {
  return { type: 'int', low, high, ...(options as O) };
}

/** One of several values without an order. */
export function categorical<const C extends Choice, const O extends ListOptions = object>(
  choices: readonly C[],
  options?: O,
): { readonly type: 'categorical'; readonly choices: readonly NoInfer<C>[] } & NoInfer<O> {
  return { type: 'categorical', choices, ...(options as O) };
}

/** One of several values in an order: neighbours are alike. */
export function ordinal<const V extends Choice, const O extends ListOptions = object>(
  values: readonly V[],
  options?: O,
): { readonly type: 'ordinal'; readonly values: readonly NoInfer<V>[] } & NoInfer<O> {
  return { type: 'ordinal', values, ...(options as O) };
}

/** A space that is declared apart from its study, with the types that it gives. */
export function space<const S extends SpaceDeclaration>(declaration: S): S {
  return declaration;
}

type ValueOf<D> = D extends { readonly choices: readonly (infer C)[] }
  ? C
  : D extends { readonly values: readonly (infer V)[] }
    ? V
    : number;

type Conditional<S> = { [N in keyof S]: S[N] extends { readonly when: object } ? N : never }[keyof S];

/** Parameters of a space: those with a condition (`when`) may be missing. `Params` where the space is not known to the compiler. */
export type ParamsOf<S extends SpaceDeclaration> = string extends keyof S
  ? Params
  : { readonly [N in Exclude<keyof S, Conditional<S>>]: ValueOf<S[N]> } & {
      readonly [N in Conditional<S>]?: ValueOf<S[N]>;
    };
