import type { Params, ParamValue } from '../space/distributions.ts';
import { FIXED_PARAMS } from './attributes.ts';
import type { History } from './history.ts';

/** What an enqueued trial was given; `{}` for any other trial. */
export function fixedParamsOf(history: History, number: number): Params {
  const fixed = history.systemAttrs(number)[FIXED_PARAMS];
  if (typeof fixed !== 'object' || fixed === null || Array.isArray(fixed)) return {};
  return fixed as Record<string, ParamValue>;
}
