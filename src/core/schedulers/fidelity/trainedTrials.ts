import type { Encoding } from '../../samplers/encoding.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { constraintsOf } from '../../study/constraints.ts';
import { presentHistory } from '../../study/living/presentHistory.ts';
import { isFinished, TrialState } from '../../study/states.ts';
import type { Ladder } from '../rungs/ladder.ts';
import { type Entrant, lossOf, type RungBook } from '../rungs/rungBook.ts';
import { valueAt } from '../trialAttrs.ts';

/** What one trial had come to at the steps of a ladder, from the lowest on. */
export interface TrainedTrial {
  readonly number: number;
  /** Its place in the space, NaN for what it lacks. */
  readonly point: Float64Array;
  /** Losses, Infinity for a training that diverged or failed. */
  readonly losses: readonly number[];
}

/** The trials of a scheduler that have a place in a space; read anew only where a trial has come further. */
export class TrainedTrials {
  readonly #encoding: Encoding;
  readonly #space: SearchSpace;
  readonly #known = new Map<number, TrainedTrial>();
  #isConstrained = false;

  constructor(encoding: Encoding, space: SearchSpace) {
    this.#encoding = encoding;
    this.#space = space;
  }

  /** Whether a trial had constraints. */
  get isConstrained(): boolean {
    return this.#isConstrained;
  }

  /** Those that have reached the lowest step, by number. A trial that failed counts as diverged there. */
  read(book: RungBook, ladder: Ladder): TrainedTrial[] {
    const trials: TrainedTrial[] = [];
    for (const entrant of book.entrants()) {
      const trial = this.#of(book, entrant, ladder);
      if (trial) trials.push(trial);
    }
    return trials;
  }

  #of({ history }: RungBook, { number, steps }: Entrant, ladder: Ladder): TrainedTrial | undefined {
    const known = this.#known.get(number);
    const state = history.state(number);
    const isComplete = state === TrialState.complete;
    const reached = isComplete ? ladder.length : ladder.filter((step) => step <= steps).length;
    const isLost = state === TrialState.fail || (reached === 0 && isFinished(state));
    if (reached === 0 && !isLost) return undefined;
    if (known && !isLost && known.losses.length === reached) return known;
    const point = known?.point ?? new Float64Array(this.#encoding.size);
    if (!known && !this.#encoding.read(presentHistory(history, this.#space, 'evidence'), number, point, 0))
      return undefined;
    if (constraintsOf(history.systemAttrs(number)).size > 0) this.#isConstrained = true;
    const losses = Array.from({ length: reached }, (_, rung) => {
      const isEnd = isComplete && rung === ladder.length - 1;
      return lossOf(history, isEnd ? history.value(number) : valueAt(history, number, ladder[rung]));
    });
    const trial = { number, point, losses: isLost ? [Number.POSITIVE_INFINITY] : losses };
    this.#known.set(number, trial);
    return trial;
  }
}

/** Place of a ladder's step between the lowest (0) and a full training (1), by its logarithm. */
export function fidelityOf(ladder: Ladder, rung: number): number {
  const [low, high] = [ladder[0], ladder[ladder.length - 1]];
  return high > low ? Math.log(ladder[rung] / low) / Math.log(high / low) : 1;
}
