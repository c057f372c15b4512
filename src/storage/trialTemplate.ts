import { toInternal } from '../core/space/distributionRules.ts';
import type { Distribution } from '../core/space/distributions.ts';
import type { JsonValue, StoredParam, TrialTemplate } from '../core/study/changes.ts';
import type { StudyRecord } from '../core/study/studyStore.ts';
import type { AttrOwner, ExactAttrs } from './exactAttrs.ts';

/** A trial of a study as it would be written again, with `exact` its attributes in Python's spelling. */
export function templateOf(study: StudyRecord, number: number, exact: ExactAttrs | undefined): Required<TrialTemplate> {
  const { history } = study;
  const { trialIds } = study as { trialIds?: readonly number[] };
  const id = trialIds?.[number] ?? number;
  const values = history.directions.map((_, objective) => history.value(number, objective));
  const { steps, values: reported } = history.curve(number);
  return {
    state: history.state(number),
    params: history.paramNames(number).map((name) => storedParam(study, number, name)),
    values: values.some(Number.isNaN) ? null : values,
    intermediate: steps.map((step, index) => [step, reported[index] as number] as const),
    userAttrs: exactly(history.userAttrs(number), exact, `trial ${id} user`),
    systemAttrs: exactly(history.systemAttrs(number), exact, `trial ${id} system`),
    startedAt: history.startedAt[number] as number,
    completedAt: history.completedAt[number] as number,
  };
}

function storedParam({ history }: StudyRecord, number: number, name: string): StoredParam {
  const distribution = history.distribution(number, name) as Distribution;
  const internal =
    history.parameters.get(name)?.internalAt(number) ?? toInternal(distribution, history.param(number, name));
  return { name, distribution, internal };
}

/** Attributes in Python's spelling, where `exact` knows it. */
export function exactly(
  attrs: Readonly<Record<string, JsonValue>>,
  exact: ExactAttrs | undefined,
  owner: AttrOwner,
): Readonly<Record<string, JsonValue>> {
  const entries = Object.entries(attrs).map(([key, value]) => [key, exact?.get(owner, key) ?? value] as const);
  return Object.fromEntries(entries) as Readonly<Record<string, JsonValue>>;
}
