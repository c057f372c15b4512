/**
 * Notes, stars and tags of a study and its trials: all are system attributes of the study, since a trial takes none once it
 * has finished. A note lies where optuna-dashboard (0.21) keeps it, in chunks under the storage's id of the trial, so that
 * each shows the other's.
 */
import { DASHBOARD_PREFIX, MARKS, NOTE_TEXT, NOTE_VERSION } from './attributes.ts';
import type { JsonValue } from './changes.ts';
import type { StudyRecord } from './studyStore.ts';

type Attrs = Readonly<Record<string, JsonValue>>;

export interface Note {
  /** 0: none was ever saved. Grows by one with each saving. */
  readonly version: number;
  /** Markdown. */
  readonly text: string;
}

export interface Marks {
  readonly star: boolean;
  /** Without doubles, in the order in which a person gave them. */
  readonly tags: readonly string[];
}

export interface Annotation extends Note, Marks {}

/** What was noted on a study; `trials` has those with a note, a star or a tag. */
export interface Annotations {
  readonly study: Annotation;
  readonly trials: ReadonlyMap<number, Annotation>;
}

/** Code points of a chunk, as optuna-dashboard cuts. */
const CHUNK = 2045;
/** Of a note more is neither shown nor saved. */
export const LONGEST_NOTE = 200_000;
export const MOST_TAGS = 20;
export const LONGEST_TAG = 40;

const NO_NOTE: Note = { version: 0, text: '' };
const NO_MARKS: Marks = { star: false, tags: [] };

/** `trialId`: the storage's id of the trial; null: the study. */
function noteKey(trialId: number | null, part: string): string {
  return trialId === null ? `${DASHBOARD_PREFIX}${part}` : `${DASHBOARD_PREFIX}${trialId}:${part}`;
}

/** Null: the study's. */
function marksKey(number: number | null): string {
  return number === null ? MARKS : `${MARKS}:${number}`;
}

/** The note of a study (`trialId` null) or of a trial by its id in the storage. */
export function noteOf(attrs: Attrs, trialId: number | null): Note {
  const version = attrs[noteKey(trialId, NOTE_VERSION)];
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) return NO_NOTE;
  let text = '';
  for (let chunk = 0; text.length < LONGEST_NOTE; chunk++) {
    const part = attrs[noteKey(trialId, `${NOTE_TEXT}${chunk}`)];
    if (typeof part !== 'string') break;
    text += part;
  }
  return { version, text: text.slice(0, LONGEST_NOTE) };
}

/**
 * The attributes that make `text` the note, in the order of writing: as optuna-dashboard, the version first, then the
 * chunks, and last the chunks of a longer note emptied. `attrs`: of the study now.
 */
export function noteAttrs(attrs: Attrs, trialId: number | null, text: string): [key: string, value: JsonValue][] {
  const letters = [...text];
  const written: [string, JsonValue][] = [[noteKey(trialId, NOTE_VERSION), noteOf(attrs, trialId).version + 1]];
  let chunk = 0;
  const key = () => noteKey(trialId, `${NOTE_TEXT}${chunk}`);
  for (; chunk * CHUNK < letters.length; chunk++) {
    written.push([key(), letters.slice(chunk * CHUNK, (chunk + 1) * CHUNK).join('')]);
  }
  for (; Object.hasOwn(attrs, key()); chunk++) written.push([key(), '']);
  return written;
}

export function marksOf(attrs: Attrs, number: number | null): Marks {
  const given = attrs[marksKey(number)];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return NO_MARKS;
  const { star, tags } = given as Attrs;
  return { star: star === true, tags: Array.isArray(tags) ? cleanTags(tags) : [] };
}

export function marksAttr(number: number | null, { star, tags }: Marks): [key: string, value: JsonValue] {
  return [marksKey(number), { star, tags: cleanTags(tags) }];
}

function cleanTags(tags: readonly unknown[]): string[] {
  const texts = tags.filter((tag) => typeof tag === 'string').map((tag) => tag.trim().slice(0, LONGEST_TAG));
  return [...new Set(texts.filter((tag) => tag !== ''))].slice(0, MOST_TAGS);
}

/** Another text where anything was noted, however little the rest of the study's attributes say of it. */
export function annotationsKey(attrs: Attrs): string {
  const parts: unknown[] = [];
  for (const key in attrs) if (key.startsWith(DASHBOARD_PREFIX) || key.startsWith(MARKS)) parts.push(key, attrs[key]);
  return parts.length === 0 ? '' : JSON.stringify(parts);
}

export function annotationsOf({ systemAttrs, trialIds = [], history }: StudyRecord): Annotations {
  const numbers = new Map(notedTrials({ systemAttrs, trialIds }));
  for (const key in systemAttrs) {
    const number = key.startsWith(`${MARKS}:`) ? Number(key.slice(MARKS.length + 1)) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= 0 && !numbers.has(number)) numbers.set(number, -1);
  }
  const trials = new Map<number, Annotation>();
  for (const [number, id] of numbers) {
    if (number >= history.length) continue;
    const note = id < 0 ? NO_NOTE : noteOf(systemAttrs, id);
    const marks = marksOf(systemAttrs, number);
    if (note.text !== '' || marks.star || marks.tags.length > 0) trials.set(number, { ...note, ...marks });
  }
  return { study: { ...noteOf(systemAttrs, null), ...marksOf(systemAttrs, null) }, trials };
}

/** The trials that a note was ever saved for, with their ids in the storage. */
export function notedTrials({
  systemAttrs,
  trialIds = [],
}: Pick<StudyRecord, 'systemAttrs' | 'trialIds'>): [number: number, id: number][] {
  const ids = new Set<number>();
  for (const key in systemAttrs) {
    if (!key.startsWith(DASHBOARD_PREFIX) || !key.endsWith(`:${NOTE_VERSION}`)) continue;
    const id = Number(key.slice(DASHBOARD_PREFIX.length, -NOTE_VERSION.length - 1));
    if (Number.isSafeInteger(id)) ids.add(id);
  }
  const found: [number, number][] = [];
  if (ids.size === 0) return found;
  trialIds.forEach((id, number) => {
    if (ids.has(id)) found.push([number, id]);
  });
  return found;
}
