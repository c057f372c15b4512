import { toInternal } from '../../space/distributionRules.ts';
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
    this.rows = trials.map((number) =>
      Float64Array.from(space.parameters, ({ name, distribution }) => {
        const column = history.parameters.get(name);
        if (!column?.isComparable(number) || !column.accepts(distribution)) return Number.NaN;
        const internal = column.internal[number] as number;
        return distribution.type === 'categorical'
          ? toInternal(distribution, column.value(number))
          : toUnit(distribution, internal);
      }),
    );
  }
}
