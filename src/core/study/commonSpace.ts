import { isSingle } from '../space/distributionRules.ts';
import type { SearchSpace, SpaceParameter } from '../space/searchSpace.ts';
import type { History } from './history.ts';

/**
 * The parameters that every complete and pruned trial has had, by name: what a define-by-run study can draw jointly
 * (Optuna's intersection search space). Parameters with one value are left out: there is nothing to draw.
 */
export function commonSpace(history: History): SearchSpace {
  const { informative } = history;
  if (informative === 0) return { parameters: [] };
  const parameters: SpaceParameter[] = [];
  for (const column of history.parameters.values()) {
    if (column.informativeCount === informative && !isSingle(column.latest)) {
      parameters.push({ name: column.name, distribution: column.latest });
    }
  }
  return { parameters: parameters.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
