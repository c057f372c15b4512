import { TuneboardError } from '../errors.ts';
import { completeOptions, type GivenOptions, type MethodSpec } from '../methodOptions.ts';
import { type PercentileOptions, PercentilePruner } from './percentilePruner.ts';
import type { Pruner } from './pruner.ts';
import { PRUNERS, type PrunerType } from './prunerMethods.ts';

export interface PrunerOptions {
  readonly type: string;
  /** Named as Optuna names them, in camelCase; what is left out has its default. */
  readonly options?: GivenOptions;
}

/** Makes a pruner of completed options (see `PRUNERS`). */
const FACTORIES: Readonly<Record<PrunerType, (options: object) => Pruner | null>> = {
  median: (options) => new PercentilePruner('median', { ...(options as PercentileOptions), percentile: 50 }),
  percentile: (options) => new PercentilePruner('percentile', options as PercentileOptions),
  none: () => null,
};

/** The pruner that a study file names, null for `none`. Throws `unknown-pruner` and `invalid-option`. */
export function createPruner({ type, options = {} }: PrunerOptions): Pruner | null {
  if (!isPrunerType(type)) {
    const known = Object.keys(PRUNERS).join(', ');
    throw new TuneboardError('unknown-pruner', `There is no pruner ${JSON.stringify(type)}: use one of ${known}.`);
  }
  const method: MethodSpec = PRUNERS[type];
  return FACTORIES[type](completeOptions(`pruner ${type}`, method, options));
}

function isPrunerType(type: string): type is PrunerType {
  return Object.hasOwn(PRUNERS, type);
}
