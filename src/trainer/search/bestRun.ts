import type { Params } from '../../core/space/distributions.ts';
import { pythonFloat, pythonRepr, pythonString } from '../../core/text/pythonRepr.ts';

/** The best trial, as Hugging Face's BestRun: its checkpoints are in the folder that ends with `run-{run_id}`. */
export class BestRun {
  readonly run_id: string;
  /** One value, or one an objective. */
  readonly objective: number | readonly number[];
  readonly hyperparameters: Params;
  readonly run_summary: null = null;

  constructor(number: number, objective: number | readonly number[], hyperparameters: Params) {
    this.run_id = String(number);
    this.objective = objective;
    this.hyperparameters = hyperparameters;
  }

  /** As Python prints it. */
  toString(): string {
    const objective =
      typeof this.objective === 'number'
        ? pythonFloat(this.objective)
        : `[${this.objective.map(pythonFloat).join(', ')}]`;
    return `BestRun(run_id=${pythonString(this.run_id)}, objective=${objective}, hyperparameters=${pythonRepr(this.hyperparameters)}, run_summary=None)`;
  }
}
