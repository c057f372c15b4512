import { TuneboardError } from '../errors.ts';
import { PercentilePruner } from './percentilePruner.ts';
import type { Pruner } from './pruner.ts';

export interface PrunerOptions {
  readonly type: string;
  /** Named as Optuna names them, in camelCase; what is left out has Optuna's default. */
  readonly options?: Readonly<Record<string, number>>;
}

const DEFAULTS = { nStartupTrials: 5, nWarmupSteps: 0, intervalSteps: 1, nMinTrials: 1 };

/** The pruner that a study file names, null for `none`. Throws `unknown-pruner` and `invalid-option`. */
export function createPruner({ type, options = {} }: PrunerOptions): Pruner | null {
  switch (type) {
    case 'none':
      return null;
    case 'median':
      return new PercentilePruner('median', { percentile: 50, ...checked(options, DEFAULTS) });
    case 'percentile':
      return new PercentilePruner('percentile', checked(options, { percentile: 25, ...DEFAULTS }));
    default:
      throw new TuneboardError('unknown-pruner', `There is no pruner ${JSON.stringify(type)}: use median or none.`);
  }
}

function checked<T extends Readonly<Record<string, number>>>(given: Readonly<Record<string, number>>, defaults: T): T {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults).join(', ');
      throw new TuneboardError('invalid-option', `The pruner has no option ${name}: use ${known}.`);
    }
    const lowest = name === 'intervalSteps' || name === 'nMinTrials' ? 1 : 0;
    const isValid = name === 'percentile' ? value >= 0 && value <= 100 : Number.isInteger(value) && value >= lowest;
    if (!isValid) {
      const wanted = name === 'percentile' ? 'a number from 0 to 100' : `a whole number of at least ${lowest}`;
      throw new TuneboardError('invalid-option', `The pruner's option ${name} is ${value}: use ${wanted}.`);
    }
  }
  return { ...defaults, ...given };
}
