import type { Params, ParamValue } from '../space/distributions.ts';
import type { History } from './history.ts';

/** The system attribute in which Optuna keeps the parameters of an enqueued trial (maybe only some of them). */
export const FIXED_PARAMS = 'fixed_params';

/** What an enqueued trial was given; `{}` for any other trial. */
export function fixedParamsOf(history: History, number: number): Params {
  const fixed = history.systemAttrs(number)[FIXED_PARAMS];
  if (typeof fixed !== 'object' || fixed === null || Array.isArray(fixed)) return {};
  return fixed as Record<string, ParamValue>;
}
