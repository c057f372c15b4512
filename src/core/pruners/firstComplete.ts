import type { History } from '../study/history.ts';
import { TrialState } from '../study/states.ts';

/**
 * The last step of the trial that was the first to complete with reports: what "auto" resources are derived from. Optuna
 * looks once, when it first can; this is what it sees then, and the same after a resume. Without times, the lowest number.
 */
export class FirstComplete {
  readonly #history: History;
  #number = -1;
  #revision = 0;

  constructor(history: History) {
    this.#history = history;
  }

  get lastStep(): number | undefined {
    this.#update();
    return this.#number < 0 ? undefined : this.#history.lastReport(this.#number)?.step;
  }

  #update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) {
      if (history.state(number) !== TrialState.complete || history.curve(number).steps.length === 0) continue;
      if (this.#number < 0 || this.#isEarlier(number)) this.#number = number;
    }
    this.#revision = history.revision;
  }

  #isEarlier(number: number): boolean {
    const { completedAt } = this.#history;
    const at = (one: number) => (Number.isNaN(completedAt[one]) ? Number.POSITIVE_INFINITY : completedAt[one]);
    const [own, first] = [at(number), at(this.#number)];
    return own < first || (own === first && number < this.#number);
  }
}
