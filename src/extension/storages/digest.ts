/**
 * What the window keeps of a study that a stranger's run record names and nobody has looked at: what its row shows. How
 * much that is depends on no file: large files are reduced to this in the reader's thread.
 */
import { POPULATION, RUNG } from '../../core/schedulers/trialAttrs.ts';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import { isFeasible } from '../../core/study/constraints.ts';
import { paretoFront } from '../../core/study/paretoFront.ts';
import { PAUSED } from '../../core/study/paused.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { INTERRUPTED, OWNER } from '../../runs/trialOwner.ts';
import { templateOf } from '../../storage/trialTemplate.ts';

/** A log that was read once and is closed. */
export interface ReadLog extends TrialLog {
  /** Whether only digests of its studies were kept. */
  readonly isDigest: boolean;
}

/** A storage whose trials as JSON have fewer characters is kept whole: a digest would save nothing. */
const SMALL_CHARS = 256 << 10;
/** Studies of a digest: the first, the newest, and those of runs. */
const MOST_STUDIES = 500;
/** Points of a Pareto front that keep their parameters. */
const SHOWN_POINTS = 8;
const KEPT = [OWNER, INTERRUPTED, PAUSED, RUNG, POPULATION] as const;
const STUDY_KEPT = ['study:metric_names'] as const;
/** Characters of one attribute. What is longer was not written by a tuner. */
const MOST_CHARS = 2000;
/** What a study costs the window besides its trials, and what a trial costs besides its values, in bytes. */
const STUDY_BYTES = 2000;
const TRIAL_BYTES = 32;

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

/** The studies that a digest has. `names`: the studies of the runs that were found. */
export function listedIn(studies: readonly StudyRecord[], names: readonly string[]): readonly StudyRecord[] {
  if (studies.length <= MOST_STUDIES) return studies;
  const wanted = new Set(names);
  const first = studies.length - MOST_STUDIES;
  return studies.filter(({ name }, index) => index === 0 || index > first || wanted.has(name));
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

/** The part of a trial that the row of its study depends on; with its parameters where it `isShown`. */
export function digestOf(study: StudyRecord, number: number, isShown: boolean): Required<TrialTemplate> {
  const { history } = study;
  const attrs = history.systemAttrs(number);
  const systemAttrs = kept(attrs, KEPT);
  if (!isFeasible(attrs)) systemAttrs['constraints'] = [1];
  const values = history.directions.map((_, objective) => history.value(number, objective));
  const last = systemAttrs[POPULATION] === undefined ? undefined : history.lastReport(number);
  return {
    state: history.state(number),
    params: isShown ? templateOf(study, number, undefined).params.filter(isShort) : [],
    values: values.some(Number.isNaN) ? null : values,
    intermediate: last ? [[last.step, last.value]] : [],
    userAttrs: {},
    systemAttrs,
    startedAt: history.startedAt[number] as number,
    completedAt: history.completedAt[number] as number,
  };
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

/** Infinite for what is nested too deeply to be written. */
function charsOf(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
