import { ensureLength } from '../../src/core/study/columns/growable.ts';
import type { PanelSchedule } from '../../src/protocol/panel.ts';

const NO_RUNGS = new Float64Array(0);

/** What schedulers and population methods noted, by trial number. Empty, and free of cost, in a study without them. */
export class ScheduleColumns {
  #paused = new Uint8Array(0);
  #brackets = new Int32Array(0);
  #generations = new Int32Array(0);
  #members = new Int32Array(0);
  #parents = new Int32Array(0);
  #trainedFrom = new Float64Array(0);
  #trainedTo = new Float64Array(0);
  /** First step of each bracket. */
  readonly #firstSteps = new Map<number, number>();
  readonly #rungs = new Map<number, Float64Array>();
  #areRungsSteps = false;
  #hasGenerations = false;
  #hasMembers = false;

  /** Whether any trial was measured at a rung. */
  get hasRungs(): boolean {
    return this.#rungs.size > 0;
  }

  /** Whether there is more than the first generation, which tells nothing yet. */
  get hasGenerations(): boolean {
    return this.#hasGenerations;
  }

  /** Whether trials have places in a population that trains. */
  get hasMembers(): boolean {
    return this.#hasMembers;
  }

  /** Whether rungs are steps, not only Optuna's numbers of rungs. */
  get areRungsSteps(): boolean {
    return this.#areRungsSteps;
  }

  isPaused(number: number): boolean {
    return this.#paused[number] === 1;
  }

  /** Rungs that a trial was let train to, ascending, without the first one of a promoted trial. */
  rungs(number: number): Float64Array {
    return this.#rungs.get(number) ?? NO_RUNGS;
  }

  /** The step of the first rung of a trial's bracket, Infinity when none is known. */
  firstStep(number: number): number {
    return this.#firstSteps.get(this.bracket(number)) ?? Number.POSITIVE_INFINITY;
  }

  /** −1 when none is noted; so are the others. */
  bracket(number: number): number {
    return this.#brackets[number] ?? -1;
  }

  generation(number: number): number {
    return this.#generations[number] ?? -1;
  }

  member(number: number): number {
    return this.#members[number] ?? -1;
  }

  parent(number: number): number {
    return this.#parents[number] ?? -1;
  }

  /** Steps that a member's weights had been trained before the trial; NaN where a trial is of no population. */
  trainedFrom(number: number): number {
    return this.#trainedFrom[number] ?? Number.NaN;
  }

  trainedTo(number: number): number {
    return this.#trainedTo[number] ?? Number.NaN;
  }

  clear(): void {
    this.#paused = new Uint8Array(0);
    for (const column of [this.#brackets, this.#generations, this.#members, this.#parents]) column.fill(-1);
    this.#trainedFrom.fill(Number.NaN);
    this.#trainedTo.fill(Number.NaN);
    this.#rungs.clear();
    this.#firstSteps.clear();
    this.#areRungsSteps = false;
    this.#hasGenerations = false;
    this.#hasMembers = false;
  }

  merge(numbers: Uint32Array, schedule: PanelSchedule | null): void {
    if (!schedule) {
      // Nothing is noted on these trials any more: only a pause can end so.
      for (const number of numbers) if (number < this.#paused.length) this.#paused[number] = 0;
      return;
    }
    let length = this.#paused.length;
    for (const number of numbers) length = Math.max(length, number + 1);
    this.#grow(length);
    for (let row = 0; row < numbers.length; row++) this.#set(numbers[row] as number, schedule, row);
    this.#areRungsSteps ||= schedule.areRungsSteps;
  }

  #set(number: number, schedule: PanelSchedule, row: number): void {
    this.#paused[number] = schedule.paused[row] ?? 0;
    this.#brackets[number] = schedule.brackets[row] ?? -1;
    this.#generations[number] = schedule.generations[row] ?? -1;
    this.#members[number] = schedule.members[row] ?? -1;
    this.#parents[number] = schedule.parents[row] ?? -1;
    this.#trainedFrom[number] = schedule.trainedFrom[row] ?? Number.NaN;
    this.#trainedTo[number] = schedule.trainedTo[row] ?? Number.NaN;
    this.#hasGenerations ||= this.generation(number) > 0;
    this.#hasMembers ||= this.member(number) >= 0;
    const from = schedule.rungOffsets[row] ?? 0;
    const to = schedule.rungOffsets[row + 1] ?? from;
    if (to <= from) {
      this.#rungs.delete(number);
      return;
    }
    const rungs = schedule.rungs.slice(from, to);
    this.#rungs.set(number, rungs);
    if (schedule.areRungsSteps) {
      this.#firstSteps.set(this.bracket(number), Math.min(this.firstStep(number), rungs[0] as number));
    }
  }

  #grow(length: number): void {
    this.#paused = ensureLength(this.#paused, length, 0);
    this.#brackets = ensureLength(this.#brackets, length, -1);
    this.#generations = ensureLength(this.#generations, length, -1);
    this.#members = ensureLength(this.#members, length, -1);
    this.#parents = ensureLength(this.#parents, length, -1);
    this.#trainedFrom = ensureLength(this.#trainedFrom, length, Number.NaN);
    this.#trainedTo = ensureLength(this.#trainedTo, length, Number.NaN);
  }
}
