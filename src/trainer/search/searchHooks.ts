import type { Trial } from '../../core/study/trial.ts';
import type { TrainerState } from '../checkpoints/trainerState.ts';
import type { Metrics } from '../training/trainerOptions.ts';

/** What a search wants of the trainings it starts. */
export interface SearchHooks {
  /** Sets the arguments that the trial draws. */
  setUp(trial: Trial): void;
  /** Notes an evaluation; true ends a trial that is pruned. */
  isPruned(trial: Trial, metrics: Metrics, state: TrainerState): Promise<boolean>;
  /** The folder of the trial's checkpoints, under `output_dir`. */
  runName(trial: Trial): string;
  /** `trial_name` of `trainer_state.json`. */
  trialName(trial: Trial): string | null;
}
