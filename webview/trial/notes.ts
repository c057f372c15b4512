/** The star, the tags and the note of a study or of a trial: shown, and changed where the storage can be written. */
import type { Annotation } from '../../src/core/study/notes.ts';
import { LONGEST_TAG, MOST_TAGS } from '../../src/core/study/notes.ts';
import type { PanelAsk } from '../../src/protocol/panel.ts';
import { element, setText } from '../ui/dom.ts';
import { starIcon } from '../ui/icons.ts';
import type { Translate } from '../ui/strings.ts';
import { markdownElements } from './markdown.ts';

export type NoteAsk = Extract<PanelAsk, { type: 'note' | 'marks' }>;

export const NOTHING_NOTED: Annotation = { version: 0, text: '', star: false, tags: [] };

export interface NotesOptions {
  readonly t: Translate;
  readonly onAsk: (ask: NoteAsk) => void;
}

export class Notes {
  /** For the line of a title. */
  readonly star = element('span', { class: 'star-slot' });
  readonly tags = element('div', { class: 'tags' });
  readonly note = element('div', { class: 'note' });
  readonly #options: NotesOptions;
  /** What is being written, by trial number, and the version of the note that it began with. */
  readonly #drafts = new Map<number | null, { text: string; readonly version: number }>();
  #number: number | null = null;
  #known: Annotation = NOTHING_NOTED;
  #readOnly: string | null = null;
  #isAdding = false;
  #marksKey = '';
  #noteKey = '';
  /** What was saved a moment ago, until the storage shows it. */
  #waiting: NoteAsk | null = null;

  constructor(options: NotesOptions) {
    this.#options = options;
  }

  /** `number` null: the study. */
  update(number: number | null, annotation: Annotation, readOnly: string | null): void {
    if (number !== this.#number) {
      this.#isAdding = false;
      this.#waiting = null;
    }
    this.#number = number;
    this.#known = annotation;
    this.#readOnly = readOnly;
    this.#draw();
  }

  /** The answer to what was asked: what could not be saved is a draft again. */
  settle(what: NoteAsk['type'], number: number | null, isSaved: boolean): void {
    const waiting = this.#waiting;
    if (number !== this.#number || waiting?.type !== what) return;
    this.#waiting = null;
    if (!isSaved && waiting.type === 'note') this.#drafts.set(number, { text: waiting.text, version: waiting.version });
    this.#draw();
  }

  #ask(ask: NoteAsk): void {
    this.#waiting = ask;
    this.#options.onAsk(ask);
    this.#draw();
  }

  #draw(): void {
    const waiting = this.#waiting;
    const { star, tags } = waiting?.type === 'marks' ? waiting : this.#known;
    const marksKey = JSON.stringify([this.#number, star, tags, waiting?.type, this.#readOnly, this.#isAdding]);
    if (marksKey !== this.#marksKey) {
      this.#marksKey = marksKey;
      this.#drawMarks(star, tags);
      for (const part of [this.star, this.tags]) part.classList.toggle('is-waiting', waiting?.type === 'marks');
    }
    const draft = this.#drafts.get(this.#number);
    const text = waiting?.type === 'note' ? waiting.text : this.#known.text;
    // What is being written stays as it is, whatever is saved elsewhere meanwhile.
    const noteKey = JSON.stringify([this.#number, ...(draft ? [] : [text, waiting?.type, this.#readOnly])]);
    if (noteKey === this.#noteKey) return;
    this.#noteKey = noteKey;
    this.note.classList.toggle('is-waiting', waiting?.type === 'note');
    if (draft) this.#drawEditor(draft);
    else this.#drawNote(text);
  }

  #drawMarks(star: boolean, tags: readonly string[]): void {
    const { t } = this.#options;
    const number = this.#number;
    const isFixed = this.#readOnly !== null;
    const set = (change: { star?: boolean; tags?: readonly string[] }) =>
      this.#ask({ type: 'marks', number, star, tags, ...change });
    const toggle = element('button', {
      type: 'button',
      class: 'icon-button star',
      'aria-pressed': String(star),
      'aria-label': t('star'),
      title: this.#readOnly ?? t('star'),
      disabled: isFixed,
    });
    toggle.append(starIcon(star));
    toggle.addEventListener('click', () => set({ star: !star }));
    const chips = tags.map((tag) => {
      const chip = element('span', { class: 'tag' }, tag);
      if (isFixed) return chip;
      const remove = element('button', { type: 'button', class: 'link', 'aria-label': t('removeTag', { tag }) }, '×');
      remove.addEventListener('click', () => set({ tags: tags.filter((one) => one !== tag) }));
      chip.append(remove);
      return chip;
    });
    this.star.replaceChildren(...(star || !isFixed ? [toggle] : []));
    const isFull = isFixed || tags.length >= MOST_TAGS;
    this.tags.replaceChildren(
      ...chips,
      ...(isFull ? [] : [this.#isAdding ? this.#tagField(tags, set) : this.#addTag()]),
    );
    this.tags.hidden = this.tags.childElementCount === 0;
  }

  #addTag(): HTMLElement {
    const { t } = this.#options;
    const add = element('button', { type: 'button', class: 'link add-tag' }, t('addTag'));
    add.addEventListener('click', () => {
      this.#isAdding = true;
      this.#draw();
      this.tags.querySelector('input')?.focus();
    });
    return add;
  }

  #tagField(tags: readonly string[], set: (change: { tags: readonly string[] }) => void): HTMLElement {
    const field = element('input', {
      type: 'text',
      class: 'field tag-field',
      maxlength: LONGEST_TAG,
      'aria-label': this.#options.t('addTag'),
      placeholder: this.#options.t('tag'),
    });
    const end = (tag: string) => {
      if (!this.#isAdding) return;
      this.#isAdding = false;
      if (tag !== '' && !tags.includes(tag)) set({ tags: [...tags, tag] });
      else this.#draw();
    };
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') end(field.value.replaceAll(',', ' ').trim());
      else if (event.key === 'Escape') end('');
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    field.addEventListener('blur', () => end(field.value.replaceAll(',', ' ').trim()));
    return field;
  }

  #drawNote(text: string): void {
    const { t } = this.#options;
    const isFixed = this.#readOnly !== null;
    const body = element('div', { class: 'markdown' }, ...markdownElements(text));
    body.hidden = text.trim() === '';
    const edit = element(
      'button',
      { type: 'button', class: 'link note-edit' },
      t(body.hidden ? 'addNote' : 'editNote'),
    );
    edit.hidden = isFixed;
    edit.addEventListener('click', () => {
      this.#drafts.set(this.#number, { text, version: this.#known.version });
      this.#draw();
      this.note.querySelector('textarea')?.focus();
    });
    const why = element('p', { class: 'muted note-why' }, this.#readOnly ?? '');
    why.hidden = !isFixed;
    this.note.replaceChildren(body, edit, why);
  }

  #drawEditor(draft: { text: string; readonly version: number }): void {
    const { t } = this.#options;
    const number = this.#number;
    const field = element('textarea', {
      class: 'field',
      rows: 6,
      'aria-label': t('note'),
      placeholder: t('noteExample'),
    });
    field.value = draft.text;
    field.addEventListener('input', () => {
      draft.text = field.value;
    });
    const save = () => {
      this.#drafts.delete(number);
      if (field.value === this.#known.text) this.#draw();
      else this.#ask({ type: 'note', number, text: field.value, version: draft.version });
    };
    const cancel = () => {
      this.#drafts.delete(number);
      this.#draw();
    };
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save();
      else if (event.key === 'Escape') cancel();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    const button = (name: 'save' | 'cancel', onClick: () => void) => {
      const made = element('button', { type: 'button', class: name === 'save' ? 'primary' : 'secondary' });
      setText(made, t(name));
      made.addEventListener('click', onClick);
      return made;
    };
    const buttons = element('div', { class: 'actions' }, button('save', save), button('cancel', cancel));
    this.note.replaceChildren(field, buttons);
  }
}
