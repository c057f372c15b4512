import { Trainer } from '../trainer.ts';
import type { BestRun } from './bestRun.ts';
import { hyperparameterSearch } from './hyperparameterSearch.ts';
import type { SearchOptions } from './searchOptions.ts';

/** The Trainer of the library. The one that a study's trials use cannot search, and needs no storage. */
export class TrainerWithSearch extends Trainer {
  /**
   * Searches training arguments: see `SearchOptions`. Gives the best run, or with several directions all runs that no other
   * beats. Throws `search-backend`, `invalid-option`, `no-best`, and what ends a trial and is not caught.
   */
  hyperparameterSearch(options: SearchOptions & { readonly direction: readonly string[] }): Promise<BestRun[]>;
  hyperparameterSearch(options?: SearchOptions): Promise<BestRun>;
  hyperparameterSearch(options: SearchOptions = {}): Promise<BestRun | BestRun[]> {
    return this.whileSearching((use) => hyperparameterSearch(this, options, use));
  }
}
