import type { SearchSpace } from '../../space/searchSpace.ts';
import { toUnit } from '../../space/unitInterval.ts';
import type { History } from '../../study/history.ts';

/**
 * Parameters of some trials as one row each, in the order of a space: numbers by their place in [0, 1], choices by their
 * index, NaN for what a trial lacks or has as another kind.
 */
export class Genes {
  readonly width: number;
  readonly rows: readonly Float64Array[];

  constructor(history: History, space: SearchSpace, trials: readonly number[]) {
    this.width = space.parameters.length;
    this.rows = trials.map(() => new Float64Array(this.width).fill(Number.NaN));
    for (let axis = 0; axis < this.width; axis++) {
      const { name, distribution } = space.parameters[axis];
      const column = history.parameters.get(name);
      if (!column?.accepts(distribution)) continue;
      for (let row = 0; row < trials.length; row++) {
        const number = trials[row];
        if (!column.isComparable(number)) continue;
        const internal = column.internalAt(number);
        const genes = this.rows[row];
        genes[axis] = distribution.type === 'categorical' ? internal : toUnit(distribution, internal);
      }
    }
  }
}
