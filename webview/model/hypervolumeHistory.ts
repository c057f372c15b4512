import { hypervolume } from '../../src/core/fronts/hypervolume.ts';
import { TrialState } from '../../src/core/study/states.ts';
import type { TrialModel } from './model.ts';

/** Exact hypervolumes of more objectives cost too much to follow trial by trial. */
export const MOST_OBJECTIVES = 4;
/** Optuna's stand-in for a reference coordinate of 0. */
export const TINY = 1e-12;

/** What the volume is made of. */
export type VolumeTrials = Pick<TrialModel, 'length' | 'directions' | 'state' | 'isFeasible' | 'value' | 'isMinimized'>;

/** A trial that enlarged the volume. */
interface Step {
  readonly number: number;
  readonly volume: number;
  /** Losses (smaller is better), and those that it took off the front: what it takes to go back a step. */
  readonly point: Float64Array;
  readonly beaten: readonly Float64Array[];
}

/**
 * Hypervolume after each trial, in the order of trial numbers, of the feasible complete trials with finite values. Up to
 * the reference point that Optuna takes by default: the worst value of every objective, made a tenth worse. Exact: every
 * step adds what its trial alone dominates. Follows a growing study: a trial that ends late, or one that is the worst so
 * far in an objective, makes it begin again from where that changes something.
 */
export class HypervolumeHistory {
  readonly #steps: Step[] = [];
  /** The points that nothing dominates after the last step, in no order. */
  #front: Float64Array[] = [];
  /** Trials whose end was seen. */
  #seen = new Uint8Array(0);
  #worst: Float64Array | null = null;
  #reference: Float64Array | null = null;
  /** Trials before this one are in the steps. */
  #next = 0;
  #isKnown = true;

  /** `worst`: losses that the reference point is made of at least, for volumes that are to be compared. */
  constructor(worst?: Float64Array) {
    if (!worst) return;
    this.#worst = worst.slice();
    this.#reference = referenceOf(worst);
  }

  /** Volumes by trial number; only those that enlarged it. */
  get steps(): readonly { readonly number: number; readonly volume: number }[] {
    return this.#steps;
  }

  /** As losses: the negative value of an objective to maximize. Null before the first usable trial. */
  get reference(): Float64Array | null {
    return this.#reference;
  }

  /** Whether trials of the study are still to be looked at. */
  get isUnfinished(): boolean {
    return !this.#isKnown;
  }

  clear(): void {
    this.#steps.length = 0;
    this.#front = [];
    this.#seen = new Uint8Array(0);
    this.#worst = null;
    this.#reference = null;
    this.#next = 0;
  }

  /** Takes in what is new, until `isLate` says that it took long enough; then it is to be called again. */
  advance(model: VolumeTrials, isLate: () => boolean): void {
    this.#look(model);
    this.#isKnown = false;
    for (; this.#next < model.length; this.#next++) {
      if (this.#seen[this.#next] !== 1) continue;
      const before = this.#steps.length;
      this.#insert(this.#next, lossesOf(model, this.#next));
      if (this.#steps.length > before && isLate()) {
        this.#next++;
        return;
      }
    }
    this.#isKnown = true;
  }

  /** Finds trials that ended since the last call. */
  #look(model: VolumeTrials): void {
    if (this.#seen.length < model.length) {
      const grown = new Uint8Array(Math.max(model.length, 2 * this.#seen.length));
      grown.set(this.#seen);
      this.#seen = grown;
    }
    let first = model.length;
    let isWorse = false;
    for (let number = 0; number < model.length; number++) {
      if (this.#seen[number] !== 0 || model.state(number) !== TrialState.complete) continue;
      const losses = lossesOf(model, number);
      const isUsable = model.isFeasible(number) && losses.every(Number.isFinite);
      this.#seen[number] = isUsable ? 1 : 2;
      if (!isUsable) continue;
      if (this.#worsen(losses)) isWorse = true;
      first = Math.min(first, number);
    }
    if (isWorse && this.#worst) this.#reference = referenceOf(this.#worst);
    this.#rewind(isWorse ? 0 : first);
  }

  #worsen(losses: Float64Array): boolean {
    this.#worst ??= new Float64Array(losses.length).fill(Number.NEGATIVE_INFINITY);
    let isWorse = false;
    for (let objective = 0; objective < losses.length; objective++) {
      if ((losses[objective] as number) <= (this.#worst[objective] as number)) continue;
      this.#worst[objective] = losses[objective] as number;
      isWorse = true;
    }
    return isWorse;
  }

  #rewind(number: number): void {
    if (number >= this.#next) return;
    this.#next = number;
    while ((this.#steps.at(-1)?.number ?? -1) >= number) {
      const { point, beaten } = this.#steps.pop() as Step;
      this.#front[this.#front.indexOf(point)] = this.#front.at(-1) as Float64Array;
      this.#front.pop();
      this.#front.push(...beaten);
    }
  }

  #insert(number: number, losses: Float64Array): void {
    const reference = this.#reference as Float64Array;
    if (this.#front.some((other) => isNoWorse(other, losses))) return;
    const own = exclusiveVolume(losses, this.#front, reference);
    if (!(own > 0)) return;
    const beaten = this.#front.filter((other) => isNoWorse(losses, other));
    if (beaten.length > 0) this.#front = this.#front.filter((other) => !isNoWorse(losses, other));
    this.#front.push(losses);
    const volume = (this.#steps.at(-1)?.volume ?? 0) + own;
    this.#steps.push({ number, volume, point: losses, beaten });
  }
}

/** What a point dominates alone: its box without what the others dominate of it. */
function exclusiveVolume(point: Float64Array, others: readonly Float64Array[], reference: Float64Array): number {
  let box = 1;
  for (let objective = 0; objective < point.length; objective++) {
    box *= Math.max(0, (reference[objective] as number) - (point[objective] as number));
  }
  if (box === 0 || others.length === 0) return box;
  const inside = others.map((other) => other.map((loss, objective) => Math.max(loss, point[objective] as number)));
  return box - hypervolume(undominated(inside), reference);
}

/** Most of what lies inside one point's box hides behind a few. */
function undominated(points: readonly Float64Array[]): Float64Array[] {
  const sums = new Map(points.map((point) => [point, point.reduce((sum, loss) => sum + loss, 0)]));
  const kept: Float64Array[] = [];
  // Nothing comes after what it dominates.
  for (const point of [...points].sort((a, b) => (sums.get(a) as number) - (sums.get(b) as number))) {
    if (!kept.some((other) => isNoWorse(other, point))) kept.push(point);
  }
  return kept;
}

function isNoWorse(one: Float64Array, other: Float64Array): boolean {
  for (let objective = 0; objective < one.length; objective++) {
    if ((one[objective] as number) > (other[objective] as number)) return false;
  }
  return true;
}

function referenceOf(worst: Float64Array): Float64Array {
  return worst.map((loss) => Math.max(1.1 * loss, 0.9 * loss) || TINY);
}

function lossesOf(model: VolumeTrials, number: number): Float64Array {
  return Float64Array.from(model.directions, (_, objective) => {
    const value = model.value(number, objective);
    return model.isMinimized(objective) ? value : -value;
  });
}
