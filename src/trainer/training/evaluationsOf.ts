import { TuneboardError } from '../../core/errors.ts';
import type { EitherCase } from '../../core/text/pythonNames.ts';
import { Dataset } from '../datasets/dataset.ts';
import { optionsOf } from '../pythonOptions.ts';
import type { TrainerOptions } from './trainerOptions.ts';

type EvalDataset = NonNullable<TrainerOptions['evalDataset']>;

/** `evaluate` by the names of Python's arguments. */
export interface EvaluateOptions {
  /** The Trainer's own by default. */
  readonly evalDataset?: EvalDataset;
  /** `eval` by default. */
  readonly metricKeyPrefix?: string;
}

const KEYS: Readonly<Record<keyof EvaluateOptions, true>> = { evalDataset: true, metricKeyPrefix: true };

export interface NamedDataset {
  readonly dataset: Dataset;
  readonly prefix: string;
}

/** What `evaluate` is to score, of what it was called with. Throws `invalid-option`. */
export function evaluationsOf(
  given: Dataset | Readonly<Record<string, Dataset>> | EitherCase<EvaluateOptions> | null | undefined,
  givenPrefix: string | undefined,
  own: EvalDataset | undefined,
): NamedDataset[] {
  const options = isOptions(given) ? optionsOf<EvaluateOptions>(given, KEYS, 'evaluate') : {};
  const dataset = options.evalDataset ?? (isOptions(given) ? own : (given ?? own));
  const prefix = options.metricKeyPrefix ?? givenPrefix ?? 'eval';
  if (dataset === undefined || (typeof dataset === 'object' && Object.keys(dataset).length === 0)) {
    throw new TuneboardError('invalid-option', 'Trainer: evaluation requires an eval_dataset.');
  }
  if (dataset instanceof Dataset || typeof dataset !== 'object') {
    requireDataset(dataset, 'evaluate');
    return [{ dataset, prefix }];
  }
  return Object.entries(dataset).map(([name, one]) => {
    requireDataset(one, 'evaluate');
    return { dataset: one, prefix: `${prefix}_${name}` };
  });
}

/** Throws `invalid-option`, with the method's name, for what is no data set. */
export function requireDataset(dataset: unknown, method: string): asserts dataset is Dataset {
  if (dataset instanceof Dataset) return;
  throw new TuneboardError('invalid-option', `Trainer: ${method} takes a Dataset, such as loadDataset gives.`);
}

function isOptions(given: unknown): given is EitherCase<EvaluateOptions> {
  if (typeof given !== 'object' || given === null) return false;
  return ['evalDataset', 'eval_dataset', 'metricKeyPrefix', 'metric_key_prefix'].some((name) => name in given);
}
