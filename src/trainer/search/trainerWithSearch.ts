import { addPythonNames, type EitherCase } from '../../core/text/pythonNames.ts';
import { Trainer } from '../training/trainer.ts';
import type { BestRun } from './bestRun.ts';
import { hyperparameterSearch } from './hyperparameterSearch.ts';
import type { SearchOptions } from './searchOptions.ts';

/** The Trainer of the library. The one that a study's trials use cannot search, and needs no storage. */
export class TrainerWithSearch extends Trainer {
  declare readonly hyperparameter_search: TrainerWithSearch['hyperparameterSearch'];

  /**
   * Searches training arguments: see `SearchOptions`. Gives the best run, or with several directions all runs that no other
   * beats. Throws `search-backend`, `invalid-option`, `no-best`, and what ends a trial and is not caught.
   */
  hyperparameterSearch(
    options: EitherCase<SearchOptions & { readonly direction: readonly string[] }>,
  ): Promise<BestRun[]>;
  hyperparameterSearch(options?: EitherCase<SearchOptions>): Promise<BestRun>;
  hyperparameterSearch(options: EitherCase<SearchOptions> = {}): Promise<BestRun | BestRun[]> {
    return this.whileSearching((use) => hyperparameterSearch(this, options, use));
  }
}

addPythonNames(TrainerWithSearch.prototype);
