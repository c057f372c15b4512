import { breedingOf, rungOf, stepsDone } from '../../core/schedulers/trialAttrs.ts';
import {
  CMA_TAGS,
  COMPLETED_RUNG,
  NSGA2_TAGS,
  NSGA3_TAGS,
  OWN_PREFIX,
  PAUSED,
  PROMOTED,
} from '../../core/study/attributes.ts';
import type { JsonValue } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import { isPaused } from '../../core/study/paused.ts';

/** What schedulers and population methods noted on a trial; null and empty where they noted nothing. */
export interface TrialSchedule {
  /** −1: a trial that shows how long a full training is. */
  readonly bracket: number | null;
  /**
   * Rungs that it was let train to, ascending: steps, or Optuna's numbers of rungs where its pruners noted only those. The
   * step of the first rung is missing once a trial was promoted: it is that of its bracket.
   */
  readonly rungs: readonly number[];
  readonly areRungsSteps: boolean;
  /** Number of the last of them. */
  readonly rung: number | null;
  /** Steps that a paused trial has done. */
  readonly pausedAt: number | null;
  /** Steps that it was promoted to, ascending. */
  readonly promoted: readonly number[];
  readonly generation: number | null;
  readonly breeding: BredTrial | null;
}

/** A trial of population based training: a stretch of one member's training. */
export interface BredTrial {
  readonly member: number;
  /** Trial with whose checkpoint it began. */
  readonly parent: number | null;
  /** Steps that the weights had been trained when it began, and those that they have been trained now. */
  readonly from: number;
  readonly to: number;
}

type Attrs = Readonly<Record<string, JsonValue>>;

const GENERATIONS: readonly string[] = [NSGA2_TAGS, NSGA3_TAGS, CMA_TAGS].flatMap(({ generation }) => generation);

/** Null when no scheduler and no population method noted anything. What has an unknown shape counts as not noted. */
export function scheduleOf(history: History, number: number): TrialSchedule | null {
  const attrs = history.systemAttrs(number);
  let isNoted = false;
  let generation: number | null = null;
  const numbered: number[] = [];
  for (const key in attrs) {
    if (key.startsWith(OWN_PREFIX)) isNoted = true;
    else if (key.startsWith(COMPLETED_RUNG)) numbered.push(Number(key.slice(COMPLETED_RUNG.length)));
    else if (GENERATIONS.includes(key)) generation = whole(attrs[key]);
  }
  if (!isNoted && generation === null && numbered.length === 0) return null;
  const breeding = breedingOf(attrs);
  return {
    ...rungsOf(history, number, numbered),
    generation: breeding?.generation ?? generation,
    breeding: breeding ? bredTrial(history, number, breeding) : null,
    pausedAt: isPaused(history, number) ? pausedAt(attrs) : null,
  };
}

function rungsOf(history: History, number: number, numbered: readonly number[]) {
  const attrs = history.systemAttrs(number);
  const noted = rungOf(attrs);
  const promoted = steps(attrs[PROMOTED]);
  // A rung without a step is as long as the program takes.
  const step = noted ? (noted.step ?? (stepsDone(history, number) || null)) : null;
  const ownSteps = step === null ? promoted : ascending([...promoted, step]);
  const areRungsSteps = ownSteps.length > 0;
  const optunas = numbered.filter(Number.isSafeInteger).sort((a, b) => a - b);
  return {
    bracket: noted?.bracket ?? null,
    rung: noted?.rung ?? optunas.at(-1) ?? null,
    rungs: areRungsSteps ? ownSteps : noted ? [] : optunas,
    areRungsSteps,
    promoted,
  };
}

function bredTrial(
  history: History,
  number: number,
  { member, parent, step }: { member: number; parent: number | null; step: number },
): BredTrial {
  return { member, parent, from: step, to: Math.max(step, stepsDone(history, number)) };
}

function pausedAt(attrs: Attrs): number {
  const mark = attrs[PAUSED];
  return typeof mark === 'object' && mark !== null && !Array.isArray(mark) ? (whole((mark as Attrs)['step']) ?? 0) : 0;
}

interface Paused {
  revision: number;
  readonly numbers: Set<number>;
}

const paused = new WeakMap<History, Paused>();

/** Numbers of the paused trials, kept up to date with the changes alone. */
export function pausedSet(history: History): ReadonlySet<number> {
  const known = paused.get(history) ?? { revision: 0, numbers: new Set<number>() };
  paused.set(history, known);
  if (known.revision === history.revision) return known.numbers;
  for (const number of history.changedSince(known.revision)) {
    if (isPaused(history, number)) known.numbers.add(number);
    else known.numbers.delete(number);
  }
  known.revision = history.revision;
  return known.numbers;
}

function whole(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function steps(value: JsonValue | undefined): number[] {
  return Array.isArray(value) ? ascending(value.filter((step): step is number => whole(step) !== null)) : [];
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
