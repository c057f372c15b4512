import { completeOptions, type GivenOptions, unknownMethod } from '../methodOptions.ts';
import { camelCase } from '../text/letterCase.ts';
import { type ExtrapolationOptions, ExtrapolationPruner } from './extrapolationPruner.ts';
import { type HalvingOptions, HalvingPruner } from './halvingPruner.ts';
import { type HyperbandOptions, HyperbandPruner } from './hyperbandPruner.ts';
import { type PatientOptions, PatientPruner } from './patientPruner.ts';
import { type PercentileOptions, PercentilePruner } from './percentilePruner.ts';
import type { Pruner } from './pruner.ts';
import { PRUNERS, type PrunerMethod, type PrunerType } from './prunerMethods.ts';
import { type ThresholdOptions, ThresholdPruner } from './thresholdPruner.ts';
import { type WilcoxonOptions, WilcoxonPruner } from './wilcoxonPruner.ts';

export interface PrunerOptions {
  readonly type: string;
  /** Named as Optuna names them, in camelCase or snake_case; what is left out has its default. */
  readonly options?: GivenOptions;
}

interface Factory {
  /** As a method its `options` may be narrower: `completeOptions` gives each pruner those that `PRUNERS` declares for it. */
  make(options: object, wrapped: Pruner | null): Pruner | null;
}

const FACTORIES: Readonly<Record<PrunerType, Factory['make']>> = {
  median: (options: PercentileOptions) => new PercentilePruner('median', { ...options, percentile: 50 }),
  percentile: (options: PercentileOptions) => new PercentilePruner('percentile', options),
  successive_halving: (options: HalvingOptions) => new HalvingPruner(options),
  hyperband: (options: HyperbandOptions) => new HyperbandPruner(options),
  extrapolation: (options: ExtrapolationOptions) => new ExtrapolationPruner(options),
  patient: (options: PatientOptions, wrapped) => new PatientPruner(wrapped, options),
  threshold: (options: ThresholdOptions) => new ThresholdPruner(options),
  wilcoxon: (options: WilcoxonOptions) => new WilcoxonPruner(options),
  none: () => null,
};

/**
 * The pruner that a study file names, null for `none`. Options that a wrapping pruner does not have itself go to the one that
 * it wraps. Throws `unknown-pruner` and `invalid-option`.
 */
export function createPruner({ type, options = {} }: PrunerOptions): Pruner | null {
  if (!isPrunerType(type)) throw unknownMethod('pruner', type, PRUNERS);
  const method: PrunerMethod = PRUNERS[type];
  const owner = `pruner ${type}`;
  if (method.wraps === undefined) return FACTORIES[type](completeOptions(owner, method, options), null);
  const own = Object.entries(options).filter(([name]) => Object.hasOwn(method.options, camelCase(name)));
  const rest = Object.entries(options).filter(([name]) => !Object.hasOwn(method.options, camelCase(name)));
  const complete = completeOptions(owner, method, Object.fromEntries(own)) as Readonly<Record<string, unknown>>;
  const wrapped = createPruner({ type: String(complete[method.wraps]), options: Object.fromEntries(rest) });
  return FACTORIES[type](complete, wrapped);
}

function isPrunerType(type: string): type is PrunerType {
  return Object.hasOwn(PRUNERS, type);
}
