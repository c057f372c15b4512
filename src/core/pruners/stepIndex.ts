import { SortedColumn } from '../fronts/sortedColumn.ts';
import type { History } from '../study/history.ts';
import { TrialState } from '../study/states.ts';

interface StepValues {
  readonly sorted: SortedColumn;
  /** All reports of the step, NaN ones too. */
  reports: number;
}

/** The complete trials' values at every step, sorted, so that a percentile costs no look at the trials. */
export class StepIndex {
  readonly #history: History;
  readonly #steps = new Map<number, StepValues>();
  readonly #seen = new Set<number>();
  #revision = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** Takes in the trials that were completed since the last call. */
  update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) {
      if (history.state(number) === TrialState.complete && !this.#seen.has(number)) this.#add(number);
    }
    this.#revision = history.revision;
  }

  /** numpy.nanpercentile with linear interpolation; NaN when fewer than `atLeast` trials reported the step. */
  percentile(step: number, percent: number, atLeast: number): number {
    const values = this.#steps.get(step);
    if (!values || values.reports < atLeast || values.sorted.length === 0) return Number.NaN;
    const { sorted } = values;
    const place = (percent / 100) * (sorted.length - 1);
    const below = Math.floor(place);
    const low = sorted.at(below);
    const high = sorted.at(Math.min(below + 1, sorted.length - 1));
    const part = place - below;
    // numpy interpolates from the nearer end.
    return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
  }

  #add(number: number): void {
    this.#seen.add(number);
    const { steps, values } = this.#history.curve(number);
    for (const [index, step] of steps.entries()) {
      let at = this.#steps.get(step);
      if (!at) {
        at = { sorted: new SortedColumn(), reports: 0 };
        this.#steps.set(step, at);
      }
      at.reports++;
      const value = values[index];
      if (!Number.isNaN(value)) at.sorted.insert(value);
    }
  }
}
