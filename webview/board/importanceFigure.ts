/** What matters: one bar a parameter, longest first. A real list, so that every reader has the numbers. */

import type { AssessedParameter } from '../../src/core/importance/assess.ts';
import type { ImportanceEvaluator, PanelImportance } from '../../src/protocol/panel.ts';
import { joined } from '../charts/objectiveAxis.ts';
import { FigureHeading } from '../plot/figureHeading.ts';
import { csvTable } from '../table/exportTable.ts';
import { Choice } from '../ui/controls.ts';
import { element, setText } from '../ui/dom.ts';
import { formatCount } from '../ui/format.ts';
import { Seen } from '../ui/seen.ts';
import type { Translate } from '../ui/strings.ts';

/** Bars beyond this many would be too thin to matter. */
const MOST_ROWS = 50;

export interface ImportanceOptions {
  readonly t: Translate;
  readonly onEvaluator: (evaluator: ImportanceEvaluator) => void;
  readonly onParameter: (name: string) => void;
  /** The chart came into sight or left it. */
  readonly onSeen: (isSeen: boolean) => void;
}

export interface ImportanceScene {
  /** The parameter that the chart beside shows. */
  readonly chosen: string | null;
  /** What is explained; null where there is only one objective. */
  readonly objective: string | null;
  /** How far a long measurement is, 0 to 1; null when none is under way. */
  readonly done: number | null;
  /** Trials that the filter leaves; null without a filter. */
  readonly selected: number | null;
}

export class ImportanceFigure {
  readonly root: HTMLElement;
  readonly heading = new FigureHeading('importance');
  readonly #evaluator: Choice;
  readonly #list = element('ol', { class: 'bars', 'aria-labelledby': 'importance-title' });
  readonly #empty = element('p', { class: 'figure-empty', hidden: true });
  readonly #options: ImportanceOptions;
  readonly #seen: Seen;
  #key = '';
  #rows: readonly AssessedParameter[] = [];

  constructor(options: ImportanceOptions) {
    this.#options = options;
    const { t } = options;
    this.heading.setTitle(t('importance'));
    this.#evaluator = new Choice(t('evaluator'), (value) => options.onEvaluator(value as ImportanceEvaluator));
    this.heading.controls.append(this.#evaluator.root);
    this.root = element('section', { class: 'figure figure-importance' }, this.heading.root, this.#list, this.#empty);
    this.#list.addEventListener('click', (event) => {
      const name = (event.target as Element).closest<HTMLElement>('button')?.dataset['parameter'];
      if (name !== undefined) options.onParameter(name);
    });
    this.#seen = new Seen(this.root, options.onSeen);
  }

  /** What the bars show, as CSV. */
  table(): string {
    const rows = this.#rows.map(({ name, importance, low, high, trials }) => [name, importance, low, high, trials]);
    return csvTable([['parameter', 'importance', 'low', 'high', 'trials'], ...rows]);
  }

  get isSeen(): boolean {
    return this.#seen.isSeen && !this.root.hidden;
  }

  /** `importance` is null until the answer is there; `done` is how far a newer one is, null when none is measured. */
  update(
    importance: PanelImportance | null,
    evaluator: ImportanceEvaluator,
    { chosen, objective, done, selected }: ImportanceScene,
  ): void {
    const { t } = this.#options;
    this.#rows = importance?.parameters ?? [];
    const names = [
      ['pedAnova', 'PED-ANOVA'],
      ['fanova', 'fANOVA'],
    ] as const;
    this.#evaluator.update(names, evaluator, true);
    const rows = importance
      ? importanceRows(importance.parameters, importance.sample ?? importance.complete + importance.pruned)
      : [];
    const sentence = importance
      ? (importance.problem ?? (rows.length === 0 ? t('noImportance') : ''))
      : done === null
        ? t('measuringImportance')
        : t('measuringShare', { percent: Math.floor(100 * done) });
    setText(this.#empty, sentence);
    this.#empty.hidden = sentence === '';
    this.#list.hidden = sentence !== '';
    this.heading.setNote(
      importance && sentence === ''
        ? joined([
            selected === null ? '' : t('ofSelected', { count: formatCount(selected) }),
            note(importance, objective, done, t),
          ])
        : '',
    );
    const key = JSON.stringify([rows, chosen]);
    if (key === this.#key) return;
    this.#key = key;
    this.#show(rows, chosen);
  }

  #show(rows: ReturnType<typeof importanceRows>, chosen: string | null): void {
    // Where no parameter stands out, the heading says so once.
    const isAllNoise = rows.every(({ isNoise }) => isNoise);
    const focused = (document.activeElement as HTMLElement | null)?.dataset['parameter'];
    this.#list.replaceChildren(
      ...rows.map(({ name, share, text, low, high, range, isNoise, trials }) => {
        const { t } = this.#options;
        const bar = element('span', { class: 'bar-fill' });
        bar.style.width = `${100 * share}%`;
        const whisker = element('span', { class: 'bar-interval' });
        whisker.style.left = `${100 * low}%`;
        whisker.style.width = `${100 * (high - low)}%`;
        const noise = isNoise ? t('notFromNoise') : '';
        const some = trials === null ? '' : t('inTrials', { trials });
        const words = [isAllNoise ? '' : noise, some].filter((part) => part !== '').join(', ');
        const spoken = [name, text, t('intervalOf', { range }), noise, some].filter((part) => part !== '').join(', ');
        const button = element(
          'button',
          {
            type: 'button',
            class: isNoise ? 'bar bar-noise' : 'bar',
            'data-parameter': name,
            'aria-pressed': String(name === chosen),
            title: `${spoken}\n${t('showParameter', { name })}`,
            'aria-label': spoken,
          },
          element('span', { class: 'bar-name' }, name),
          element('span', { class: 'bar-track', 'aria-hidden': 'true' }, bar, whisker),
          element('span', { class: 'bar-value' }, text),
          ...(words === '' ? [] : [element('span', { class: 'bar-words' }, words)]),
        );
        return element('li', {}, button);
      }),
    );
    if (focused) this.#list.querySelector<HTMLElement>(`[data-parameter="${CSS.escape(focused)}"]`)?.focus();
  }
}

function note(importance: PanelImportance, objective: string | null, done: number | null, t: Translate): string {
  const { complete, pruned, sample, leftOut, parameters } = importance;
  const used = pruned === 0 ? t('importanceNote', { complete }) : t('importanceNotePruned', { complete, pruned });
  const isTooFew = parameters.every(({ isNoise }) => isNoise);
  const left = (['pruned', 'failed', 'notFinite'] as const).filter((kind) => leftOut[kind] > 0);
  return [
    ...(done === null ? [] : [t('measuringShare', { percent: Math.floor(100 * done) })]),
    ...(isTooFew ? [t('tooFewTrials')] : []),
    ...(objective === null ? [] : [t('importanceFor', { objective })]),
    sample === null ? used : t('importanceSample', { sample, complete }),
    ...(left.length > 0
      ? [t('importanceLeftOut', { what: left.map((kind) => `${leftOut[kind]} ${t(kind)}`).join(', ') })]
      : []),
  ].join(' · ');
}

/** A bar of the importance chart. */
interface ImportanceRow {
  readonly name: string;
  /** Length of the bar, of the longest one. */
  readonly share: number;
  readonly text: string;
  /** Ends of the interval, in the unit of `share`, at most 1. */
  readonly low: number;
  readonly high: number;
  readonly range: string;
  readonly isNoise: boolean;
  /** How many trials have it; null when all do. */
  readonly trials: number | null;
}

/** Rows for the bars, as long as the longest interval lets them be. `used`: how many trials were looked at. */
export function importanceRows(parameters: readonly AssessedParameter[], used: number): ImportanceRow[] {
  const longest = Math.max(...parameters.map(({ high }) => high), 1e-9);
  return parameters.slice(0, MOST_ROWS).map(({ name, importance, low, high, isNoise, isApart, trials }) => ({
    name,
    share: importance / longest,
    text: percent(importance),
    low: low / longest,
    high: high / longest,
    range: `${Math.round(100 * low)}–${Math.round(100 * high)} %`,
    isNoise,
    trials: isApart || trials < used ? trials : null,
  }));
}

function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 1) return '< 1 %';
  return `${Math.round(value)} %`;
}
