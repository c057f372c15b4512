import type { Trial } from '../../core/study/trial.ts';
import type { EitherCase, WithPythonNames } from '../../core/text/pythonNames.ts';
import { optionsOf } from '../pythonOptions.ts';
import type { Metrics } from './trainerOptions.ts';

/** Of `train`. */
export type TrainOutput = WithPythonNames<TrainedFields>;

interface TrainedFields {
  readonly globalStep: number;
  /** Mean loss of the updates of this call. */
  readonly trainingLoss: number;
  readonly metrics: Metrics;
}

export interface TrainOptions {
  /** A checkpoint's folder, or `true` for the newest of `output_dir`: training goes on from there, to the same weights. */
  readonly resumeFromCheckpoint?: string | boolean;
  /** Given to `modelInit`. */
  readonly trial?: Trial | null;
}

const KEYS: Readonly<Record<keyof TrainOptions, true>> = { resumeFromCheckpoint: true, trial: true };

/** Of `train`. Throws `invalid-option`. */
export function trainOptions(given: EitherCase<TrainOptions>): TrainOptions {
  return optionsOf<TrainOptions>(given, KEYS, 'train');
}
