import { DE_EPOCH, DE_SLOT } from '../../study/attributes.ts';
import type { History } from '../../study/history.ts';
import { TrialState } from '../../study/states.ts';
import { bestFirst, dominates, type Scores, scoresOf } from '../nsga/scores.ts';

interface Slot {
  /** Complete trials, ascending. */
  readonly complete: number[];
  /** Trials in any state. */
  attempts: number;
  member: number | undefined;
}

/**
 * A population without generations: every trial competes for one slot, and a slot's member is the last of its complete
 * trials that was not worse than the member before it, in the order of their numbers. So the population is a function of
 * the set of trials, in whatever order they end. Trials that no slot is written with (enqueued, or of another sampler) are
 * dealt out by number. When a later population begins, those before are forgotten.
 */
export class Slots {
  readonly #history: History;
  #slots: readonly Slot[];
  #epoch = 0;
  /** The slot that each trial was counted in. */
  readonly #counted = new Map<number, number>();
  #revision = 0;
  #ranking: readonly number[] | undefined;

  constructor(history: History, size: number) {
    this.#history = history;
    this.#slots = emptySlots(size);
  }

  get epoch(): number {
    return this.#epoch;
  }

  get size(): number {
    return this.#slots.length;
  }

  update(): void {
    const history = this.#history;
    for (const number of history.changedSince(this.#revision)) this.#note(number);
    this.#revision = history.revision;
  }

  /** The slot with the fewest trials, the first of equals; `asking` does not count where it is there already. */
  next(asking: number): number {
    const own = asking < this.#history.length ? this.slotOf(asking) : -1;
    let next = 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [index, { attempts }] of this.#slots.entries()) {
      const count = index === own ? attempts - 1 : attempts;
      if (count < fewest) {
        fewest = count;
        next = index;
      }
    }
    return next;
  }

  member(slot: number): number | undefined {
    return this.#slots[slot].member;
  }

  /** Members from the best to the worst. */
  ranking(): readonly number[] {
    this.#ranking ??= this.#ranked();
    return this.#ranking;
  }

  #ranked(): number[] {
    const members: number[] = [];
    for (const { member } of this.#slots) if (member !== undefined) members.push(member);
    return bestFirst(scoresOf(this.#history, members)).map((row) => members[row]);
  }

  #note(number: number): void {
    const epoch = this.#epochOf(number);
    if (epoch < this.#epoch) return;
    if (epoch > this.#epoch) {
      this.#epoch = epoch;
      this.#slots = emptySlots(this.size);
      this.#counted.clear();
      this.#ranking = undefined;
    }
    const index = this.slotOf(number);
    const slot = this.#slots[index];
    const before = this.#counted.get(number);
    // An enqueued trial gets its slot when it is claimed.
    if (before !== index) {
      if (before !== undefined) this.#slots[before].attempts--;
      this.#counted.set(number, index);
      slot.attempts++;
    }
    if (this.#history.state(number) !== TrialState.complete) return;
    const { complete } = slot;
    if (complete.length === 0 || number > complete[complete.length - 1]) {
      complete.push(number);
      this.#compete(slot, number);
      return;
    }
    if (complete.includes(number)) return;
    complete.push(number);
    complete.sort((a, b) => a - b);
    slot.member = undefined;
    for (const one of complete) this.#compete(slot, one);
  }

  #compete(slot: Slot, number: number): void {
    if (slot.member !== undefined) {
      const scores: Scores = scoresOf(this.#history, [slot.member, number]);
      if (dominates(scores, 0, 1)) return;
    }
    slot.member = number;
    this.#ranking = undefined;
  }

  /** There can't be more populations than trials: another number is damaged. */
  #epochOf(number: number): number {
    const epoch = this.#history.systemAttrs(number)[DE_EPOCH];
    return typeof epoch === 'number' && Number.isInteger(epoch) && epoch >= 0 && epoch <= number ? epoch : 0;
  }

  slotOf(number: number): number {
    const slot = this.#history.systemAttrs(number)[DE_SLOT];
    const isKnown = typeof slot === 'number' && Number.isInteger(slot) && slot >= 0 && slot < this.size;
    return isKnown ? slot : number % this.size;
  }
}

function emptySlots(size: number): Slot[] {
  return Array.from({ length: size }, () => ({ complete: [], attempts: 0, member: undefined }));
}
