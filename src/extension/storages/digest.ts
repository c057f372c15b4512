/**
 * What the window keeps of a study that a stranger's run record names and nobody has looked at: what its row shows. How
 * much that is depends on no file: large files are reduced to this in the reader's thread.
 */

import { paretoFront } from '../../core/fronts/paretoFront.ts';
import {
  CONSTRAINTS,
  INTERRUPTED,
  METRIC_NAMES,
  OWNER,
  PAUSED,
  POPULATION,
  RUNG,
} from '../../core/study/attributes.ts';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import { isFeasible } from '../../core/study/constraints.ts';
import type { History } from '../../core/study/history.ts';
import type { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { templateOf } from '../../storage/trialTemplate.ts';

/** A log that was read once and is closed. */
export interface ReadLog extends TrialLog {
  /** Whether only digests of its studies were kept. */
  readonly isDigest: boolean;
  /** The studies that it was read for, besides the newest. */
  readonly names: readonly string[];
}

/** A storage whose trials as JSON have fewer characters is kept whole: a digest would save nothing. */
const SMALL_CHARS = 16 << 10;
/** Studies that are listed of a storage: the first, the newest, and those of runs. */
export const MOST_STUDIES = 500;
/** Points of a Pareto front that keep their parameters. */
const SHOWN_POINTS = 8;
const KEPT = [OWNER, INTERRUPTED, PAUSED, RUNG, POPULATION] as const;
const STUDY_KEPT = [METRIC_NAMES] as const;
/** Characters of one attribute. What is longer was not written by a tuner. */
const MOST_CHARS = 2000;
/** Of a stranger's trial that is looked at: how many parameters, attributes and reports it may have, and characters of one. */
const MOST_ENTRIES = 1000;
const MOST_REPORTS = 20_000;
const MOST_ENTRY_CHARS = 20_000;
/** What a study costs the window besides its trials, and what a trial costs besides its values, in bytes. */
const STUDY_BYTES = 2000;
const TRIAL_BYTES = 32;
/** A study with a longer name, or more objectives, is not listed. */
const MOST_NAME = 10_000;
const MOST_OBJECTIVES = 100;
/** Characters that cost the window as much as one value. */
const VALUE_CHARS = 100;

/** Whether all trials together are so few that they can be kept as they are. Costs as much as is small. */
export function isSmall(studies: readonly StudyRecord[]): boolean {
  let chars = 0;
  const add = (value: unknown) => {
    chars += charsOf(value);
    return chars < SMALL_CHARS;
  };
  return studies.every(
    (study) =>
      add([study.name, study.directions, study.userAttrs, study.systemAttrs]) &&
      study.history.states.every((_, number) => add(templateOf(study, number, undefined))),
  );
}

/** The studies of a stranger's storage that the window lists. `names`: the studies of the runs that were found. */
export function listedIn(studies: readonly StudyRecord[], names: readonly string[]): readonly StudyRecord[] {
  const wanted = new Set(names);
  const first = studies.length - MOST_STUDIES;
  const isListed = (name: string, index: number) => index === 0 || index > first || wanted.has(name);
  return studies.filter(
    ({ name, directions }, index) =>
      name.length <= MOST_NAME && directions.length <= MOST_OBJECTIVES && isListed(name, index),
  );
}

/** How many bytes of the window the digests of these studies take, about. */
export function digestBytes(studies: readonly StudyRecord[]): number {
  let bytes = 0;
  for (const { name, history } of studies) {
    bytes += STUDY_BYTES + 2 * name.length + history.length * (TRIAL_BYTES + 8 * history.directions.length);
  }
  return bytes;
}

/** The trials of a study whose parameters its row shows or inserts. */
export function shownTrials({ history }: StudyRecord): ReadonlySet<number> {
  if (history.directions.length > 1) return new Set(paretoFront(history).slice(0, SHOWN_POINTS));
  return new Set(history.best === undefined ? [] : [history.best]);
}

/** Trials from number `from` on: the part of them that the row of their study depends on. */
export interface DigestTrials {
  readonly from: number;
  readonly states: Uint8Array;
  /** As many a trial as the study has directions. */
  readonly values: Float64Array;
  readonly startedAt: Float64Array;
  readonly completedAt: Float64Array;
  /** What else there is, by number. */
  readonly more: ReadonlyMap<number, Pick<TrialTemplate, 'params' | 'intermediate' | 'systemAttrs'>>;
}

/** Up to `most` trials from `from` on; those in `shown` with their parameters. */
export function digestTrials(study: StudyRecord, shown: ReadonlySet<number>, from: number, most: number): DigestTrials {
  const { history } = study;
  const to = Math.min(history.length, from + most);
  const width = history.directions.length;
  const more: [number, Pick<TrialTemplate, 'params' | 'intermediate' | 'systemAttrs'>][] = [];
  for (let number = from; number < to; number++) {
    const attrs = history.systemAttrs(number);
    const systemAttrs = kept(attrs, KEPT);
    if (!isFeasible(attrs)) systemAttrs[CONSTRAINTS] = [1];
    const last = systemAttrs[POPULATION] === undefined ? undefined : history.lastReport(number);
    const params = shown.has(number) ? templateOf(study, number, undefined).params.filter(isShort) : [];
    if (params.length === 0 && Object.keys(systemAttrs).length === 0) continue;
    more.push([number, { params, intermediate: last ? [[last.step, last.value]] : [], systemAttrs }]);
  }
  return {
    from,
    states: history.states.slice(from, to),
    values: history.values.slice(from * width, to * width),
    startedAt: history.startedAt.slice(from, to),
    completedAt: history.completedAt.slice(from, to),
    more: new Map(more),
  };
}

/** Adds the trials of a digest that are not there yet. */
export function addDigest(
  history: History,
  { from, states, values, startedAt, completedAt, more }: DigestTrials,
): void {
  const width = history.directions.length;
  const own = Array.from({ length: width }, () => Number.NaN);
  for (let number = history.length; number < from + states.length; number++) {
    const at = number - from;
    for (let objective = 0; objective < width; objective++) own[objective] = values[at * width + objective] as number;
    const [state, started, completed] = [states[at] as TrialState, startedAt[at] as number, completedAt[at] as number];
    history.add({ state, values: own, startedAt: started, completedAt: completed, ...more.get(number) });
  }
}

/**
 * A trial without what no tuner writes: more parameters, attributes or reports than a person could read, or longer ones.
 * Taking a single trial of megabytes into the window would hold up the editor.
 */
export function boundedTrial(template: Required<TrialTemplate>): Required<TrialTemplate> {
  return {
    ...template,
    params: template.params.filter(
      ({ name, distribution }, at) =>
        at < MOST_ENTRIES && name.length + charsOf(distribution, MOST_ENTRY_CHARS) <= MOST_ENTRY_CHARS,
    ),
    intermediate: template.intermediate.slice(0, MOST_REPORTS),
    userAttrs: boundedAttrs(template.userAttrs),
    systemAttrs: boundedAttrs(template.systemAttrs),
  };
}

/** The first attributes, without long ones: see `boundedTrial`. */
export function boundedAttrs(attrs: Readonly<Record<string, JsonValue>>): Readonly<Record<string, JsonValue>> {
  const own = Object.entries(attrs).slice(0, MOST_ENTRIES);
  const fits = ([key, value]: [string, JsonValue]) => key.length + charsOf(value, MOST_ENTRY_CHARS) <= MOST_ENTRY_CHARS;
  return Object.fromEntries(own.filter(fits));
}

/** How large a trial is for the window that takes it, in values. */
export function weightOf({ params, intermediate, userAttrs, systemAttrs }: Required<TrialTemplate>): number {
  let chars = charsOf(userAttrs) + charsOf(systemAttrs);
  for (const { distribution } of params) {
    if (distribution.type === 'categorical') chars += 16 * distribution.choices.length;
  }
  return 4 + params.length + intermediate.length + chars / VALUE_CHARS;
}

/** The attributes of a study that its row shows. */
export function studyAttrsOf({ systemAttrs }: StudyRecord): Pick<StudyRecord, 'userAttrs' | 'systemAttrs'> {
  return { userAttrs: {}, systemAttrs: kept(systemAttrs, STUDY_KEPT) };
}

function kept(attrs: Readonly<Record<string, JsonValue>>, keys: readonly string[]): Record<string, JsonValue> {
  const own: Record<string, JsonValue> = {};
  for (const key of keys) {
    const value = attrs[key];
    if (value !== undefined && isShort(value)) own[key] = value;
  }
  return own;
}

function isShort(value: unknown): boolean {
  return charsOf(value) <= MOST_CHARS;
}

/** Infinite for what is nested too deeply to be written, and for a list that must have more than `most`. */
function charsOf(value: unknown, most = Number.POSITIVE_INFINITY): number {
  try {
    const choices = (value as { choices?: unknown } | null)?.choices;
    if (Array.isArray(choices) && choices.length > most) return Number.POSITIVE_INFINITY;
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
