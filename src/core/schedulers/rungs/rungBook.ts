import { completedRung } from '../../study/attributes.ts';
import type { History } from '../../study/history.ts';
import { isPaused } from '../../study/paused.ts';
import { Direction, isFinished, TrialState } from '../../study/states.ts';
import { breedingOf, type Rung, rungOf, stepsDone } from '../trialAttrs.ts';

/** A trial of a scheduler. */
export interface Entrant {
  readonly number: number;
  /** What it is trained to now, or was when it ended. */
  rung: Rung;
  /** The first rung that it was trained for itself. */
  readonly firstRung: number;
  /** Its value at the end of each rung that it has completed, from `firstRung` on; negated where larger is better. */
  readonly losses: number[];
  /** Steps that it has done. */
  steps: number;
  isPaused: boolean;
  isRunning: boolean;
  isFinished: boolean;
}

/** The scheduler's trials of a history, kept up with it. */
export class RungBook {
  readonly history: History;
  readonly #entrants = new Map<number, Entrant>();
  readonly #brackets = new Map<number, Entrant[]>();
  #revision = 0;
  #learntMax: number | undefined;

  constructor(history: History) {
    this.history = history;
  }

  update(): void {
    const { history } = this;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) this.#read(number);
    this.#revision = history.revision;
  }

  entrant(number: number): Entrant | undefined {
    return this.#entrants.get(number);
  }

  /** By trial number. */
  entrants(): Entrant[] {
    return [...this.#entrants.values()].sort((a, b) => a.number - b.number);
  }

  /** Of one bracket, by trial number. */
  bracket(index: number): readonly Entrant[] {
    return this.#brackets.get(index) ?? [];
  }

  /** Number of brackets begun. */
  get brackets(): number {
    return this.#brackets.size - (this.#brackets.has(-1) ? 1 : 0);
  }

  /** Steps of a full training as the first trial showed them; undefined as long as none has ended. */
  get learntMax(): number | undefined {
    if (this.#learntMax !== undefined) return this.#learntMax;
    let first: Entrant | undefined;
    for (const probe of this.bracket(-1)) {
      if (this.history.state(probe.number) !== TrialState.complete) continue;
      if (!first || probe.number < first.number) first = probe;
    }
    return first && Math.max(1, stepsDone(this.history, first.number));
  }

  /** The paused trial with the lowest number that had not come to the end of its rung. */
  get interrupted(): Entrant | undefined {
    let first: Entrant | undefined;
    for (const entrant of this.#entrants.values()) {
      if (!entrant.isPaused || hasCompleted(entrant, entrant.rung.rung)) continue;
      if (!first || entrant.number < first.number) first = entrant;
    }
    return first;
  }

  get isAnyRunning(): boolean {
    for (const number of this.history.running) if (this.#entrants.has(number)) return true;
    return false;
  }

  #read(number: number): void {
    const attrs = this.history.systemAttrs(number);
    const rung = rungOf(attrs);
    if (!rung) return;
    let entrant = this.#entrants.get(number);
    if (!entrant) {
      entrant = {
        number,
        rung,
        firstRung: breedingOf(attrs)?.generation ?? 0,
        losses: [],
        steps: 0,
        isPaused: false,
        isRunning: false,
        isFinished: false,
      };
      this.#entrants.set(number, entrant);
      this.#enter(entrant);
    }
    entrant.rung = rung;
    entrant.steps = stepsDone(this.history, number);
    for (let index = completedRungs(entrant); ; index++) {
      const value = attrs[completedRung(index)];
      if (typeof value !== 'number') break;
      entrant.losses.push(lossOf(this.history, value));
    }
    const state = this.history.state(number);
    entrant.isPaused = isPaused(this.history, number);
    entrant.isRunning = state === TrialState.running;
    entrant.isFinished = isFinished(state);
    if (rung.max !== undefined) this.#learntMax = rung.max;
  }

  #enter(entrant: Entrant): void {
    const { bracket } = entrant.rung;
    const members = this.#brackets.get(bracket);
    if (!members) this.#brackets.set(bracket, [entrant]);
    else {
      // An enqueued trial enters when it is taken, maybe after trials with higher numbers.
      let place = members.length;
      while (place > 0 && members[place - 1].number > entrant.number) place--;
      members.splice(place, 0, entrant);
    }
  }
}

/** One more than the highest rung that a trial has completed. */
export function completedRungs({ firstRung, losses }: Entrant): number {
  return firstRung + losses.length;
}

export function hasCompleted(entrant: Entrant, rung: number): boolean {
  return completedRungs(entrant) > rung;
}

/** Undefined where the trial has not completed the rung itself. */
export function lossAt({ firstRung, losses }: Entrant, rung: number): number | undefined {
  return losses[rung - firstRung];
}

/** A value as something to minimise; NaN is the worst. */
export function lossOf(history: History, value: number): number {
  if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
  return history.directions[0] === Direction.maximize ? -value : value;
}
