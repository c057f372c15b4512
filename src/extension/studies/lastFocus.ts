/** Where a person can turn to a study: a History panel, a row of the tree, a file in an editor. */
export type FocusPlace = 'panel' | 'row' | 'file';

/**
 * The places in the order in which a person turned to them, the last one first. VS Code leaves a panel or an editor
 * "active" while the tree has the keyboard, so what is active does not tell where the person is.
 */
export class LastFocus {
  #order: readonly FocusPlace[] = ['panel', 'file', 'row'];

  turnTo(place: FocusPlace): void {
    this.#order = [place, ...this.#order.filter((other) => other !== place)];
  }

  /** The place has nothing any more that a person could mean. */
  leave(place: FocusPlace): void {
    this.#order = [...this.#order.filter((other) => other !== place), place];
  }

  /** The candidates of all places in one list, those of the last place first. */
  sort<T>(candidates: Readonly<Record<FocusPlace, readonly T[]>>): T[] {
    return this.#order.flatMap((place) => candidates[place]);
  }
}
