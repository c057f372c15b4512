/** What the finished trials of a study say beside its best value: how far that is ahead of the start, and whether any value differs. */

import { coreMessage } from '../../words/en/core.ts';
import type { Message } from '../../words/message.ts';
import { studentCdf } from '../stats/studentT.ts';
import { exactNumber, formatNumber } from '../text/numbers.ts';
import { wasInterrupted } from './failReason.ts';
import type { History } from './history.ts';
import { Direction, TrialState } from './states.ts';
import { fixedParamsOf } from './trialParams.ts';

export interface StartComparison {
  /** The trial with the values that the person began with. */
  readonly start: number;
  /** The trial with the best value. */
  readonly best: number;
  /** How much better the best value is than that of `start`, in units of the objective; 0 where that is the best. */
  readonly ahead: number;
  /** `ahead` as a part of the size of its value; null where that is 0. */
  readonly share: number | null;
  /** What two runs with the same parameters differ by, at most, in 95 % of all cases; null where nothing was repeated. */
  readonly repeatability: number | null;
}

/**
 * Compares the best trial with the first one where that has the values that the person began with: it was enqueued with all
 * of its parameters. Trials before it that could not even begin (`INTERRUPTED`) do not count. Undefined for other studies,
 * for several objectives, and as long as either value is missing or infinite.
 */
export function compareWithStart(history: History): StartComparison | undefined {
  const { best, directions } = history;
  if (best === undefined || directions.length !== 1 || history.informative < 2) return undefined;
  const number = startTrialOf(history);
  if (number === undefined) return undefined;
  const start = history.value(number);
  const value = history.value(best);
  if (!Number.isFinite(start) || !Number.isFinite(value)) return undefined;
  const ahead = directions[0] === Direction.maximize ? value - start : start - value;
  // A start that violates a constraint can be ahead of every trial that may be used.
  if (ahead < 0) return undefined;
  const share = start === 0 ? null : ahead / Math.abs(start);
  return { start: number, best, ahead, share, repeatability: repeatsOf(history).limit };
}

function startSentence(comparison: StartComparison): Message {
  const { start, repeatability } = comparison;
  if (comparison.ahead === 0) return coreMessage('startNotBeaten', { start });
  const ahead = aheadText(comparison);
  if (repeatability === null) return coreMessage('startBeaten', { start, ahead });
  const limit = rounded(repeatability);
  return comparison.ahead > repeatability
    ? coreMessage('startBeatenClearly', { start, ahead, limit })
    : coreMessage('startBeatenByChance', { start, ahead, limit });
}

/** What to say of a study's values, in whole sentences: that none differs, or how far the best is ahead of the start. */
export function findingsOf(history: History): Message[] {
  const same = sameValues(history);
  if (same) return [same];
  const comparison = compareWithStart(history);
  return comparison ? [startSentence(comparison)] : [];
}

/** The comparison in a few words, for a row. */
export function startWords(comparison: StartComparison): Message {
  const { start, repeatability, ahead } = comparison;
  if (ahead === 0) return coreMessage('startIsBest');
  const isChance = repeatability !== null && ahead <= repeatability;
  return coreMessage(isChance ? 'aheadByChance' : 'aheadOfStart', { start, ahead: aheadText(comparison) });
}

/** `0.0712 (8.24 %)`. */
function aheadText({ ahead, share }: StartComparison): string {
  return share === null ? rounded(ahead) : `${rounded(ahead)} (${rounded(share * 100)} %)`;
}

/** Three digits tell how far: the difference of two decimal fractions has many that say nothing. */
function rounded(value: number): string {
  return exactNumber(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** The trial with the values that the person began with; undefined where there is none. */
export function startTrialOf(history: History): number | undefined {
  let number = 0;
  while (number < history.length && wasInterrupted(history, number)) number++;
  if (number === history.length || history.state(number) !== TrialState.complete) return undefined;
  const names = history.paramNames(number);
  const fixed = fixedParamsOf(history, number);
  return names.length > 0 && names.every((name) => Object.hasOwn(fixed, name)) ? number : undefined;
}

/** So many complete trials may have one value by chance. */
const FEWEST_SAME = 3;

/**
 * A sentence that says so where all complete trials have exactly the same values although their parameters differ: then the
 * program hardly uses its parameters. Undefined below three trials, and as soon as one value differs.
 */
export function sameValues(history: History): Message | undefined {
  const count = history.count(TrialState.complete);
  if (count < FEWEST_SAME) return undefined;
  const { states } = history;
  const first = states.indexOf(TrialState.complete);
  let differ = false;
  for (let number = first + 1; number < states.length; number++) {
    if (states[number] !== TrialState.complete) continue;
    if (history.directions.some((_, objective) => history.value(number, objective) !== history.value(first, objective)))
      return undefined;
    differ ||= !hasSameParams(history, first, number);
  }
  if (!differ) return undefined;
  const value = history.directions.map((_, objective) => formatNumber(history.value(first, objective))).join(', ');
  return coreMessage('sameValues', { count, value });
}

function hasSameParams(history: History, a: number, b: number): boolean {
  for (const column of history.parameters.values()) {
    if (column.has(a) !== column.has(b)) return false;
    if (column.has(a) && column.internalAt(a) !== column.internalAt(b)) return false;
  }
  return true;
}

/** Complete trials of a history by their parameters, as far as they have been looked at. */
class Repeats {
  revision = 0;
  /** What two runs with the same parameters differ by; null while nothing was repeated. */
  limit: number | null = null;
  readonly #history: History;
  /** Groups of trials with the same parameters, by a hash of these. */
  readonly #groups = new Map<number, Group[]>();
  /** Sum of squared deviations from the mean of their group, and how many degrees of freedom it has. */
  #squares = 0;
  #degrees = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** Takes the trials that have ended since the last call. */
  look(): this {
    const history = this.#history;
    const numbers = history.changedSince(this.revision);
    this.revision = history.revision;
    let isNew = false;
    for (const number of numbers) {
      if (history.state(number) === TrialState.complete) isNew = this.#add(number) || isNew;
    }
    if (isNew) {
      const deviation = Math.sqrt(this.#squares / this.#degrees);
      this.limit = studentQuantile(0.975, this.#degrees) * Math.SQRT2 * deviation;
    }
    return this;
  }

  /** Whether it repeats an earlier trial. */
  #add(number: number): boolean {
    const history = this.#history;
    const value = history.value(number);
    if (!Number.isFinite(value)) return false;
    const hash = hashOf(history, number);
    const groups = this.#groups.get(hash) ?? [];
    this.#groups.set(hash, groups);
    const group = groups.find(({ first }) => hasSameParams(history, first, number));
    if (!group) {
      groups.push({ first: number, count: 1, mean: value });
      return false;
    }
    // Welford (1962).
    const difference = value - group.mean;
    group.count++;
    group.mean += difference / group.count;
    this.#squares += difference * (value - group.mean);
    this.#degrees++;
    return true;
  }
}

interface Group {
  readonly first: number;
  count: number;
  mean: number;
}

const known = new WeakMap<History, Repeats>();

/**
 * How far runs with the same parameters differ: the repeatability limit of ISO 5725-6, with Student's t for the few degrees of
 * freedom that a study has. The deviations of all groups are pooled. Costs no more than the trials since the last call.
 */
function repeatsOf(history: History): Repeats {
  const repeats = known.get(history) ?? new Repeats(history);
  known.set(history, repeats);
  return repeats.look();
}

const BITS = new Float64Array(1);
const WORDS = new Uint32Array(BITS.buffer);

/** FNV-1a (Fowler, Noll, Vo 1991) of the parameters' bits. */
function hashOf(history: History, number: number): number {
  let hash = 0x811c9dc5;
  for (const column of history.parameters.values()) {
    if (!column.has(number)) continue;
    // Minus zero is zero.
    BITS[0] = column.internalAt(number) + 0;
    hash = Math.imul(hash ^ column.index, 0x01000193);
    hash = Math.imul(hash ^ (WORDS[0] as number), 0x01000193);
    hash = Math.imul(hash ^ (WORDS[1] as number), 0x01000193);
  }
  return hash;
}

/** The t below which Student's distribution has the given part, above one half: bisection of its distribution function. */
function studentQuantile(part: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (studentCdf(high, degrees) < part) high *= 2;
  for (let turn = 0; turn < 60; turn++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < part) low = middle;
    else high = middle;
  }
  return high;
}
