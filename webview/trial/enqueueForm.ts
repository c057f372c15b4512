/** Trials to run again, as they were or with other values: a form that takes what the study's space has. */
import { contains } from '../../src/core/space/distributionRules.ts';
import type { Choice } from '../../src/core/space/distributions.ts';
import type { PanelAsk } from '../../src/protocol/panel.ts';
import type { ModelParameter, TrialModel } from '../model/model.ts';
import { element, setText } from '../ui/dom.ts';
import { formatChoice, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';

export type EnqueueAsk = Extract<PanelAsk, { type: 'enqueue' }>;

/** What a field holds: `same`: each trial's own value; `free`: the sampler chooses. */
export type FieldState =
  | { readonly type: 'same' | 'free' }
  | { readonly type: 'value'; readonly value: Choice }
  | { readonly type: 'wrong' };

/** What a person typed for a number. `shown`: what stood there at first; an empty field leaves the value to the sampler. */
export function readNumber(parameter: ModelParameter, text: string, shown: string): FieldState {
  const typed = text.trim();
  if (typed === shown) return { type: 'same' };
  if (typed === '') return { type: 'free' };
  const value = Number(typed.replace('−', '-'));
  return isAllowed(parameter, value) ? { type: 'value', value } : { type: 'wrong' };
}

function isAllowed({ kind, low, high, log, step }: ModelParameter, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (kind === 'int')
    return Number.isInteger(value) && contains({ type: 'int', low, high, log, step: step ?? 1 }, value);
  return contains({ type: 'float', low, high, log, step }, value);
}

/** `1e-6 … 0.1, log`: what a field takes. */
export function rangeText(parameter: ModelParameter, t: Translate): string {
  const { kind, low, high, log, step, choices } = parameter;
  if (choices) return choices.map(formatChoice).join(', ');
  const range = `${formatSignificant(low, 6)} … ${formatSignificant(high, 6)}`;
  if (log) return `${range}, ${t('logScale')}`;
  if (step !== null && !(kind === 'int' && step === 1))
    return `${range}, ${t('inSteps', { step: formatSignificant(step, 6) })}`;
  return kind === 'int' ? `${range}, ${t('wholeNumbers')}` : range;
}

interface Field {
  readonly name: string;
  state(): FieldState;
}

export interface EnqueueFormOptions {
  readonly t: Translate;
  readonly onAsk: (ask: EnqueueAsk) => void;
}

export class EnqueueForm {
  readonly root = element('form', { class: 'enqueue-form', hidden: true, novalidate: true });
  readonly #options: EnqueueFormOptions;
  readonly #add = element('button', { type: 'submit', class: 'primary' });
  #numbers: readonly number[] = [];
  #fields: readonly Field[] = [];
  #from: HTMLElement | null = null;

  constructor(options: EnqueueFormOptions) {
    this.#options = options;
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
  }

  open(model: TrialModel, numbers: readonly number[], from: HTMLElement): void {
    const { t } = this.#options;
    this.#numbers = numbers;
    this.#from = from;
    const one = numbers.length === 1;
    const title = one
      ? t('runAgainOne', { number: numbers[0] as number })
      : t('runAgainMany', { count: numbers.length });
    const parameters = [...model.parameters.values()].filter(({ values }) =>
      numbers.some((number) => !Number.isNaN(values[number] ?? Number.NaN)),
    );
    const made = parameters.map((parameter) => this.#field(parameter, numbers));
    this.#fields = made.map(({ field }) => field);
    setText(this.#add, one ? t('enqueueOne') : t('enqueueMany', { count: numbers.length }));
    this.#add.disabled = false;
    const cancel = element('button', { type: 'button', class: 'secondary' }, t('cancel'));
    cancel.addEventListener('click', () => this.close());
    this.root.replaceChildren(
      element('h2', { class: 'detail-title' }, title),
      element('p', { class: 'muted' }, t('enqueueHint')),
      ...made.map(({ root }) => root),
      element('div', { class: 'actions' }, this.#add, cancel),
    );
    this.root.hidden = false;
    this.root.scrollIntoView({ block: 'nearest' });
    this.root.querySelector<HTMLElement>('input, select')?.focus();
  }

  close(): void {
    this.root.hidden = true;
    this.#from?.focus();
  }

  /** The answer to what was asked: what could not be enqueued stays to be changed. */
  settle(isSaved: boolean): void {
    this.#add.disabled = false;
    if (isSaved) this.close();
  }

  #submit(): void {
    const edits: Record<string, Choice | undefined> = {};
    const free: string[] = [];
    for (const { name, state } of this.#fields) {
      const now = state();
      if (now.type === 'wrong') return;
      if (now.type === 'value') edits[name] = now.value;
      if (now.type === 'free') free.push(name);
    }
    this.#add.disabled = true;
    this.#options.onAsk({
      type: 'enqueue',
      numbers: this.#numbers,
      edits: Object.entries(edits) as [string, Choice][],
      free,
    });
  }

  #field(parameter: ModelParameter, numbers: readonly number[]): { root: HTMLElement; field: Field } {
    const values = [...new Set(numbers.map((number) => parameter.values[number] ?? Number.NaN))];
    const own = values.length === 1 ? (values[0] as number) : Number.NaN;
    return parameter.choices
      ? this.#choiceField(parameter, own, values.length)
      : this.#numberField(parameter, own, values.length);
  }

  #numberField(parameter: ModelParameter, own: number, different: number): { root: HTMLElement; field: Field } {
    const { t } = this.#options;
    const shown = Number.isNaN(own) ? '' : String(own);
    const range = rangeText(parameter, t);
    const hint = element('span', { class: 'muted field-hint' }, range);
    const placeholder = different > 1 ? t('eachItsOwn') : t('samplerChooses');
    const input = element('input', {
      type: 'text',
      class: 'field',
      inputmode: 'decimal',
      value: shown,
      placeholder,
      title: range,
    });
    const state = () => readNumber(parameter, input.value, shown);
    input.addEventListener('input', () => {
      const isWrong = state().type === 'wrong';
      input.setAttribute('aria-invalid', String(isWrong));
      hint.classList.toggle('is-wrong', isWrong);
    });
    const root = element('label', { class: 'enqueue-field' }, element('span', {}, parameter.name), input, hint);
    return { root, field: { name: parameter.name, state } };
  }

  #choiceField(parameter: ModelParameter, own: number, different: number): { root: HTMLElement; field: Field } {
    const { t } = this.#options;
    const choices = parameter.choices ?? [];
    const first = Number.isNaN(own)
      ? [element('option', { value: 'same' }, different > 1 ? t('eachItsOwn') : t('samplerChooses'))]
      : [];
    const select = element(
      'select',
      { class: 'field' },
      ...first,
      ...choices.map((choice, at) => element('option', { value: at }, formatChoice(choice))),
      ...(different > 1 || !Number.isNaN(own) ? [element('option', { value: 'free' }, t('samplerChooses'))] : []),
    );
    select.value = Number.isNaN(own) ? 'same' : String(own);
    const state = (): FieldState => {
      if (select.value === 'same' || select.value === String(own)) return { type: 'same' };
      if (select.value === 'free') return { type: 'free' };
      return { type: 'value', value: choices[Number(select.value)] ?? null };
    };
    const root = element('label', { class: 'enqueue-field' }, element('span', {}, parameter.name), select);
    return { root, field: { name: parameter.name, state } };
  }
}
