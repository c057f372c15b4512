import type { ParamValue } from '../space/distributions.ts';
import { FAIL_WORDS, INTERRUPTED } from '../study/attributes.ts';
import { failReasonOf } from '../study/failReason.ts';
import type { History } from '../study/history.ts';
import { TrialState } from '../study/states.ts';
import { type FailureCause, failureCause } from './failureCause.ts';

/** A condition on one parameter. `>` and `<` name the nearest value at which trials went well. */
export interface SharedCondition {
  readonly parameter: string;
  readonly operator: '>' | '<' | '=';
  readonly value: ParamValue;
  /** Trials that went well although the condition holds for them. */
  readonly exceptions: number;
}

/** Trials that failed for one cause. */
export interface FailureGroup {
  readonly cause: FailureCause;
  /** Ascending. */
  readonly numbers: readonly number[];
  /** What holds for all of them and hardly for a trial that went well, the most certain first. */
  readonly shared: readonly SharedCondition[];
}

/** How likely a shared condition may come about by chance. */
const CHANCE = 0.05;

/** Failures that are outcomes of their parameters, by cause, the most frequent cause first. */
export function failureGroups(history: History): FailureGroup[] {
  return [...causesOf(history)]
    .map(([, { cause, numbers }]) => ({ cause, numbers, shared: sharedConditions(history, numbers) }))
    .sort((a, b) => b.numbers.length - a.numbers.length);
}

/** Numbers of the failed trials by cause, without what they share. */
export function causesOf(history: History): Map<string, { readonly cause: FailureCause; readonly numbers: number[] }> {
  const groups = new Map<string, { cause: FailureCause; numbers: number[] }>();
  if (history.count(TrialState.fail) === 0) return groups;
  for (let number = 0; number < history.length; number++) {
    if (history.states[number] !== TrialState.fail || !isOutcome(history, number)) continue;
    const reason = failReasonOf(history, number);
    const cause: FailureCause = reason ? failureCause(reason) : { kind: 'other', name: '' };
    const key = `${cause.kind} ${cause.name}`;
    const group = groups.get(key);
    if (group) group.numbers.push(number);
    else groups.set(key, { cause, numbers: [number] });
  }
  return groups;
}

/** A person who ends a trial, or a worker that dies, says nothing about parameters. */
function isOutcome(history: History, number: number): boolean {
  const { [INTERRUPTED]: interrupted, [FAIL_WORDS]: words } = history.systemAttrs(number);
  return interrupted === undefined && (words as { key?: unknown } | undefined)?.key !== 'tuner.trialEndedHand';
}

/**
 * Conditions on single parameters that hold for all of the trials `numbers` and would hardly do so by chance: of all trials
 * n, of which T fulfil the condition, k drawn at random fulfil it with C(T, k) / C(n, k); the limit is divided by the number
 * of conditions tried (Bonferroni).
 */
export function sharedConditions(history: History, numbers: readonly number[]): SharedCondition[] {
  if (numbers.length === 0) return [];
  const failed = new Set(numbers);
  const wells: number[] = [];
  for (let number = 0; number < history.length; number++) {
    const state = history.states[number];
    if ((state === TrialState.complete || state === TrialState.pruned) && !failed.has(number)) wells.push(number);
  }
  const tried = history.parameters.size * 2;
  const found: (SharedCondition & { readonly chance: number })[] = [];
  for (const parameter of history.parameters.keys()) {
    const own = numbers.map((number) => history.param(number, parameter));
    if (own.includes(undefined)) continue;
    const others = wells
      .map((number) => history.param(number, parameter))
      .filter((value): value is ParamValue => value !== undefined);
    const isNumeric = history.distribution(numbers[0] as number, parameter)?.type !== 'categorical';
    const conditions = isNumeric
      ? boundConditions(parameter, own as number[], others as number[])
      : choiceCondition(parameter, own as ParamValue[], others);
    for (const condition of conditions) {
      const chance = chanceOf(own.length, own.length + condition.exceptions, own.length + others.length) * tried;
      if (chance < CHANCE) found.push({ ...condition, chance });
    }
  }
  return found.sort((a, b) => a.chance - b.chance).map(({ chance: _, ...condition }) => condition);
}

function boundConditions(parameter: string, own: readonly number[], others: readonly number[]): SharedCondition[] {
  const [low, high] = [own.reduce((a, b) => Math.min(a, b)), own.reduce((a, b) => Math.max(a, b))];
  const below = others.filter((value) => value < low);
  const above = others.filter((value) => value > high);
  const conditions: SharedCondition[] = [];
  if (below.length > 0) {
    const value = below.reduce((a, b) => Math.max(a, b));
    conditions.push({ parameter, operator: '>', value, exceptions: others.length - below.length });
  }
  if (above.length > 0) {
    const value = above.reduce((a, b) => Math.min(a, b));
    conditions.push({ parameter, operator: '<', value, exceptions: others.length - above.length });
  }
  return conditions;
}

function choiceCondition(
  parameter: string,
  own: readonly ParamValue[],
  others: readonly ParamValue[],
): SharedCondition[] {
  const [value = null] = own;
  if (own.some((one) => one !== value)) return [];
  return [{ parameter, operator: '=', value, exceptions: others.filter((one) => one === value).length }];
}

/** C(inside, drawn) / C(all, drawn). */
function chanceOf(drawn: number, inside: number, all: number): number {
  let chance = 1;
  for (let index = 0; index < drawn; index++) chance *= (inside - index) / (all - index);
  return chance;
}
