/** The line of conditions over the charts: chips, a field with completion, how many trials are left. */
import { element, setText } from '../ui/dom.ts';
import { formatCount, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { FilterColumn } from './columns.ts';
import { type Completion, complete } from './completion.ts';
import { conditionText, FilterProblem, parseFilter } from './condition.ts';
import { compile } from './crossfilter.ts';

export interface FilterBarOptions {
  readonly t: Translate;
  /** What a filter can name now, and how many trials there are. */
  readonly columns: () => readonly FilterColumn[];
  readonly length: () => number;
  readonly onChange: (texts: readonly string[]) => void;
}

export interface FilterState {
  readonly texts: readonly string[];
  readonly problems: readonly (FilterProblem | null)[];
  readonly count: number;
  readonly total: number;
}

export class FilterBar {
  readonly root: HTMLElement;
  readonly #options: FilterBarOptions;
  readonly #chips = element('span', { class: 'chips' });
  readonly #input = element('input', {
    type: 'text',
    spellcheck: 'false',
    autocomplete: 'off',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': 'filter-list',
    'aria-describedby': 'filter-error',
  });
  readonly #list = element('ul', {
    class: 'suggestions',
    id: 'filter-list',
    role: 'listbox',
    tabindex: -1,
    hidden: true,
  });
  readonly #error = element('p', { class: 'filter-error', id: 'filter-error', role: 'status', hidden: true });
  readonly #count = element('span', { class: 'filter-count', 'aria-live': 'polite' });
  readonly #clear = element('button', { type: 'button', class: 'link filter-clear', hidden: true });
  readonly #field: HTMLElement;
  #texts: readonly string[] = [];
  #key = '[]';
  #completion: Completion | null = null;
  #active = -1;

  constructor(options: FilterBarOptions) {
    this.#options = options;
    const { t } = options;
    this.#input.setAttribute('aria-label', t('filterLabel'));
    setText(this.#clear, t('filterClear'));
    this.#field = element('div', { class: 'filter-field' }, this.#chips, this.#input);
    const box = element('div', { class: 'filter-box' }, this.#field, this.#list);
    const line = [box, this.#count, this.#clear, this.#error];
    this.root = element('div', { class: 'filter-bar', role: 'search' }, ...line);
    this.#listen();
    this.#placeholder();
  }

  focus(): void {
    this.#input.focus();
  }

  /** Somebody wants a condition that begins so. */
  begin(text: string): void {
    this.#input.value = text;
    this.#input.focus();
    this.#suggest();
  }

  update({ texts, problems, count, total }: FilterState): void {
    const { t } = this.#options;
    this.#texts = texts;
    const isOn = texts.length > 0;
    this.#clear.hidden = !isOn;
    this.#count.hidden = !isOn;
    setText(this.#count, t('filterCount', { count: formatCount(count), total: formatCount(total) }));
    const key = JSON.stringify([texts, problems.map((problem) => problem?.key)]);
    if (key === this.#key) return;
    this.#key = key;
    this.#chips.replaceChildren(...texts.map((text, at) => this.#chip(text, problems[at] ?? null, at)));
    this.#placeholder();
    const broken = problems.find((problem) => problem !== null);
    this.#showProblem(broken ?? null);
  }

  #chip(text: string, problem: FilterProblem | null, at: number): HTMLElement {
    const { t, onChange } = this.#options;
    const label = element('button', { type: 'button', class: 'chip-text', title: t('filterEdit', { text }) }, text);
    label.addEventListener('click', () => this.#edit(at));
    const close = element('button', { type: 'button', class: 'chip-close', title: t('filterRemove', { text }) }, '×');
    close.setAttribute('aria-label', t('filterRemove', { text }));
    close.addEventListener('click', () => onChange(this.#texts.filter((_, index) => index !== at)));
    return element('span', { class: problem ? 'chip is-broken' : 'chip' }, label, close);
  }

  #placeholder(): void {
    this.#input.placeholder = this.#options.t(this.#texts.length > 0 ? 'filterAnd' : 'filterExample');
  }

  #edit(at: number): void {
    this.#input.value = this.#texts[at] ?? '';
    this.#options.onChange(this.#texts.filter((_, index) => index !== at));
    this.#input.focus();
  }

  #listen(): void {
    const input = this.#input;
    this.#clear.addEventListener('click', () => {
      input.value = '';
      this.#showProblem(null);
      this.#options.onChange([]);
    });
    this.#field.addEventListener('click', (event) => event.target === this.#field && input.focus());
    input.addEventListener('input', () => {
      this.#check(false);
      this.#suggest();
    });
    input.addEventListener('focus', () => this.#suggest());
    input.addEventListener('click', () => this.#suggest());
    input.addEventListener('blur', () => this.#close());
    input.addEventListener('keydown', (event) => this.#onKey(event));
    this.#list.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      const at = (event.target as Element).closest<HTMLElement>('li')?.dataset['at'];
      if (at !== undefined) this.#take(Number(at));
    });
  }

  #onKey(event: KeyboardEvent): void {
    const { suggestions = [] } = this.#completion ?? {};
    const isOpen = !this.#list.hidden;
    if (event.key === 'Enter') {
      if (isOpen && this.#active >= 0) this.#take(this.#active);
      else this.#commit();
    } else if (event.key === 'Escape' && isOpen) this.#close();
    else if (event.key === 'Escape' && this.#input.value !== '') {
      this.#input.value = '';
      this.#check(false);
    } else if (event.key === 'Tab' && isOpen && !event.shiftKey && this.#input.value !== '')
      this.#take(Math.max(0, this.#active));
    else if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.#active = (this.#active + step + suggestions.length) % suggestions.length;
      this.#drawList();
    } else if (event.key === 'Backspace' && this.#input.value === '' && this.#texts.length > 0) {
      this.#edit(this.#texts.length - 1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Makes chips of what is written, one a condition. */
  #commit(): void {
    const text = this.#input.value.trim();
    this.#close();
    if (text === '' || !this.#check(true)) return;
    this.#input.value = '';
    this.#options.onChange([...this.#texts, ...chipsOf(text)]);
  }

  /** While somebody writes, only a name or value that does not exist is an error: a sentence that has no end yet is none. */
  #check(isDone: boolean): boolean {
    const text = this.#input.value;
    try {
      for (const condition of parseFilter(text)) compile(condition, this.#options.columns());
      this.#showProblem(null);
      return true;
    } catch (error) {
      if (!(error instanceof FilterProblem)) throw error;
      const isUnfinished = error.at >= text.trimEnd().length || error.key === 'filterUnclosed' || error.at === 0;
      this.#showProblem(isDone || !isUnfinished ? error : null);
      return false;
    }
  }

  #showProblem(problem: FilterProblem | null): void {
    this.#error.hidden = problem === null;
    this.#field.classList.toggle('is-broken', problem !== null);
    this.#input.setAttribute('aria-invalid', String(problem !== null));
    setText(this.#error, problem ? problemText(problem, this.#options.t) : '');
  }

  #suggest(): void {
    const { columns } = this.#options;
    const caret = this.#input.selectionStart ?? this.#input.value.length;
    this.#completion = complete(this.#input.value, caret, columns(), (column) => this.#rangeOf(column));
    this.#active = -1;
    this.#drawList();
  }

  #rangeOf({ at }: FilterColumn): string {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let number = 0; number < this.#options.length(); number++) {
      const value = at(number);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) return '';
    return low === high ? formatSignificant(low, 4) : `${formatSignificant(low, 3)} … ${formatSignificant(high, 3)}`;
  }

  #drawList(): void {
    const { suggestions = [] } = this.#completion ?? {};
    this.#list.hidden = suggestions.length === 0;
    this.#input.setAttribute('aria-expanded', String(suggestions.length > 0));
    const active = this.#active >= 0 ? `filter-option-${this.#active}` : '';
    this.#input.setAttribute('aria-activedescendant', active);
    this.#list.replaceChildren(
      ...suggestions.map(({ text, detail }, at) =>
        element(
          'li',
          { role: 'option', id: `filter-option-${at}`, 'data-at': at, 'aria-selected': String(at === this.#active) },
          element('span', { class: 'suggestion-text' }, text),
          element('span', { class: 'muted' }, detail),
        ),
      ),
    );
    this.#list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  #close(): void {
    this.#completion = null;
    this.#active = -1;
    this.#drawList();
  }

  #take(at: number): void {
    const { from, to, suggestions } = this.#completion ?? { from: 0, to: 0, suggestions: [] };
    const chosen = suggestions[at];
    if (!chosen) return;
    const { value } = this.#input;
    const before = value.slice(0, from);
    const text = `${before}${before === '' || /[\s(!]$/.test(before) ? '' : ' '}${chosen.text} `;
    this.#input.value = text + value.slice(to).trimStart();
    this.#input.setSelectionRange(text.length, text.length);
    this.#check(false);
    this.#suggest();
  }
}

/** One text a condition that has to hold: each becomes a chip. */
function chipsOf(text: string): string[] {
  return parseFilter(text).map(conditionText);
}

export function problemText({ key, values }: FilterProblem, t: Translate): string {
  const { found = '', quote = '', name = '', value = '', operator = '' } = values;
  switch (key) {
    case 'filterExpected':
      return found === '' ? t('filterIncomplete') : t('filterExpected', { found });
    case 'filterUnclosed':
      return t('filterUnclosed', { quote });
    case 'filterNoColumn':
      return t('filterNoColumn', { name });
    case 'filterNoValue':
      return t('filterNoValue', { name, value });
    case 'filterNoOrder':
      return t('filterNoOrder', { name, operator });
    default:
      return t(key);
  }
}
