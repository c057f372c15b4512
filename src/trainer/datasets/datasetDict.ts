import { TuneboardError } from '../../core/errors.ts';
import { addPythonNames, type EitherCase } from '../../core/text/pythonNames.ts';
import type { Columns, Row } from './columns.ts';
import type { Dataset, MapOptions } from './dataset.ts';

/** Data sets by the names of their splits; what is done to it is done to each. */
export class DatasetDict {
  readonly splits: Readonly<Record<string, Dataset>>;
  declare readonly rename_column: DatasetDict['renameColumn'];
  declare readonly remove_columns: DatasetDict['removeColumns'];

  constructor(splits: Readonly<Record<string, Dataset>>) {
    this.splits = splits;
  }

  /** Throws `dataset`, with the names that there are, when there is no such split. */
  get(name: string): Dataset {
    const split = Object.hasOwn(this.splits, name) ? this.splits[name] : undefined;
    if (split) return split;
    throw new TuneboardError(
      'dataset',
      `There is no split ${JSON.stringify(name)}: there are ${Object.keys(this.splits).join(', ')}.`,
    );
  }

  get train(): Dataset {
    return this.get('train');
  }

  get test(): Dataset {
    return this.get('test');
  }

  get validation(): Dataset {
    return this.get('validation');
  }

  filter(keep: (row: Row, index: number) => boolean): DatasetDict {
    return this.#each((split) => split.filter(keep));
  }

  map(
    change: (columns: Columns, indices: readonly number[]) => Columns,
    options: EitherCase<MapOptions & { readonly batched: true }>,
  ): DatasetDict;
  map(
    change: (row: Row, index: number) => Row,
    options?: EitherCase<MapOptions & { readonly batched?: false }>,
  ): DatasetDict;
  map(change: unknown, options: EitherCase<MapOptions> = {}): DatasetDict {
    return this.#each((split) => split.map(change as never, options as never));
  }

  shuffle(options: { readonly seed?: number } = {}): DatasetDict {
    return this.#each((split) => split.shuffle(options));
  }

  renameColumn(from: string, to: string): DatasetDict {
    return this.#each((split) => split.renameColumn(from, to));
  }

  removeColumns(names: string | readonly string[]): DatasetDict {
    return this.#each((split) => split.removeColumns(names));
  }

  #each(change: (split: Dataset) => Dataset): DatasetDict {
    return new DatasetDict(
      Object.fromEntries(Object.entries(this.splits).map(([name, split]) => [name, change(split)])),
    );
  }
}

addPythonNames(DatasetDict.prototype);
