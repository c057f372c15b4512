import { accessSync, constants } from 'node:fs';
import { annotationsKey, annotationsOf } from '../../core/study/notes.ts';
import type { PanelAnnotations } from '../../protocol/panel.ts';
import { kindNamed } from '../../storage/kinds.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import type { Translate } from '../window/words.ts';

/** Why nothing can be noted on a study in this window: one sentence; null where it can. */
export function readOnlyText({ storage, record }: StudyEntry, isTrusted: boolean, t: Translate): string | null {
  if (!isTrusted) return t('notesUntrusted');
  if (!storage?.log || !record) return t('notesUnread');
  const { kind, location } = storage.log;
  if (kind === 'text') return t('notesLog');
  if (storage.within !== undefined && !storage.isOwn) return t('notesOfOthers');
  if (kindNamed(kind).watch !== 'file') return null;
  try {
    accessSync(location, constants.W_OK);
    return null;
  } catch {
    return t('notesNotWritable', { path: location });
  }
}

/** What the page knows of the notes, so that it is told only what changed. */
export class SentAnnotations {
  #key: string | undefined;

  forget(): void {
    this.#key = undefined;
  }

  /** What the page is to be told; undefined where it knows it. */
  news(study: StudyEntry, isTrusted: boolean, t: Translate): PanelAnnotations | undefined {
    const { record } = study;
    if (!record) return undefined;
    const readOnly = readOnlyText(study, isTrusted, t);
    const key = `${readOnly} ${annotationsKey(record.systemAttrs)}`;
    if (key === this.#key) return undefined;
    this.#key = key;
    const { study: own, trials } = annotationsOf(record);
    return { study: own, trials: [...trials], readOnly };
  }
}
