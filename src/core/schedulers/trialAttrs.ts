import { completedRung, POPULATION, PROMOTED, RUNG } from '../study/attributes.ts';
import type { JsonValue } from '../study/changes.ts';
import type { History } from '../study/history.ts';

export interface Rung {
  /** Index of the bracket, or of the member of a population. −1: a trial that shows how long a full training is. */
  readonly bracket: number;
  /** From 0 within the bracket. */
  readonly rung: number;
  /** Steps to have done at its end; null: as many as the program takes. */
  readonly step: number | null;
  /** Steps of a full training where they were learnt from the first trial. */
  readonly max?: number;
}

/** How a member of a population came to its parameters and weights. */
export interface Breeding {
  readonly member: number;
  /** Intervals that its weights had been trained when it began. */
  readonly generation: number;
  /** The trial whose checkpoint it began with; null: from nothing. */
  readonly parent: number | null;
  /** Steps that the checkpoint had been trained. */
  readonly step: number;
}

type Attrs = Readonly<Record<string, JsonValue>>;

export function rungOf(attrs: Attrs): Rung | undefined {
  const rung = attrs[RUNG] as Partial<Rung> | undefined;
  if (typeof rung !== 'object' || rung === null) return undefined;
  const { bracket, rung: index, step } = rung;
  const isRung = Number.isInteger(bracket) && Number.isInteger(index) && (step === null || Number.isInteger(step));
  return isRung ? (rung as Rung) : undefined;
}

export function breedingOf(attrs: Attrs): Breeding | undefined {
  const breeding = attrs[POPULATION] as Partial<Breeding> | undefined;
  if (typeof breeding !== 'object' || breeding === null) return undefined;
  const { member, generation, parent, step } = breeding;
  const isBreeding =
    Number.isInteger(member) &&
    Number.isInteger(generation) &&
    Number.isInteger(step) &&
    (parent === null || Number.isInteger(parent));
  return isBreeding ? (breeding as Breeding) : undefined;
}

/** What a trial keeps that has come to the end of its rung: its value there. */
export function completionAttrs(history: History, number: number): Record<string, JsonValue> {
  const rung = rungOf(history.systemAttrs(number));
  if (!rung || rung.step === null) return {};
  return { [completedRung(rung.rung)]: valueAt(history, number, rung.step) };
}

/** What a trial keeps that goes on to a rung; nothing where it is on its way there already. */
export function promotionAttrs(history: History, number: number, rung: Rung): Record<string, JsonValue> {
  const attrs = history.systemAttrs(number);
  if (rungOf(attrs)?.rung === rung.rung) return {};
  const promoted = Array.isArray(attrs[PROMOTED]) ? (attrs[PROMOTED] as readonly JsonValue[]) : [];
  return { [RUNG]: { ...rung }, [PROMOTED]: [...promoted, rung.step] };
}

/** How many steps a trial has done: its last reported step, and one more where it counts from 0. */
export function stepsDone(history: History, number: number): number {
  const last = history.lastReport(number);
  return last ? last.step + countsFromZero(history, number) : 0;
}

/** The first value reported when `steps` steps were done or more, else the last one; NaN when there is none. */
export function valueAt(history: History, number: number, steps: number): number {
  const curve = history.curve(number);
  const offset = countsFromZero(history, number);
  let found = -1;
  for (const [index, step] of curve.steps.entries()) {
    if (step + offset >= steps && (found < 0 || step < curve.steps[found])) found = index;
  }
  return found < 0 ? (history.lastReport(number)?.value ?? Number.NaN) : curve.values[found];
}

/** Where reports of a trial without a step are counted on from, `done` steps done: −1 from nothing. */
export function lastStep(history: History, number: number, done: number): number {
  return done === 0 ? -1 : done - countsFromZero(history, number);
}

/** A trial with copied weights counts on as the one that it copied them from. */
function countsFromZero(history: History, number: number): 0 | 1 {
  const parent = breedingOf(history.systemAttrs(number))?.parent ?? null;
  if (parent !== null && parent < number) return countsFromZero(history, parent);
  return history.curve(number).steps[0] === 0 ? 1 : 0;
}
