/** The side column: the selected trial in full. */
import { TrialState } from '../src/core/study/states.ts';
import type { PanelAction, PanelAsk, PanelDetail, PanelHeader } from '../src/protocol/panel.ts';
import { Compare } from './compare.ts';
import { metricCurvesList } from './model/metricCurves.ts';
import type { TrialModel } from './model/model.ts';
import { shapeOf } from './table/table.ts';
import { stateKey } from './table/tableModel.ts';
import { Artifacts } from './trial/artifacts.ts';
import { EnqueueForm } from './trial/enqueueForm.ts';
import { LogView } from './trial/log.ts';
import { Notes } from './trial/notes.ts';
import { parameterList, parameterPlaces } from './trial/parameters.ts';
import { element, setText } from './ui/dom.ts';
import { formatDuration, formatSignificant } from './ui/format.ts';
import { stateIcon } from './ui/icons.ts';
import type { PanelName, Translate } from './ui/strings.ts';

export interface DetailOptions {
  readonly t: Translate;
  readonly onAction: (action: PanelAction, number: number) => void;
  readonly onClear: () => void;
  readonly onUnmark: () => void;
  readonly onSelect: (number: number) => void;
  readonly onAsk: (ask: PanelAsk) => void;
  readonly onLink: (link: number) => void;
  readonly onArtifact: (number: number, name: string, opens: boolean) => void;
}

export class Detail {
  readonly root: HTMLElement;
  readonly compare: Compare;
  readonly notes: Notes;
  readonly form: EnqueueForm;
  readonly artifacts: Artifacts;
  readonly #options: DetailOptions;
  readonly #title = element('h2', { class: 'detail-title' });
  readonly #status = element('p', { class: 'detail-status' });
  readonly #reason = element('p', { class: 'detail-reason', hidden: true });
  readonly #lists = element('div', { class: 'detail-lists' });
  readonly #buttons = element('div', { class: 'actions' });
  readonly #hint = element('p', { class: 'muted' });
  readonly #content: HTMLElement;
  readonly #traceback: LogView;
  readonly #log: LogView;
  #number: number | null = null;
  #key = '';

  constructor(options: DetailOptions) {
    this.#options = options;
    const close = element('button', { type: 'button', class: 'link close', title: options.t('clearSelection') }, '×');
    close.setAttribute('aria-label', options.t('clearSelection'));
    close.addEventListener('click', options.onClear);
    setText(this.#hint, options.t('noSelection'));
    this.notes = new Notes(options);
    this.form = new EnqueueForm(options);
    this.artifacts = new Artifacts(options);
    const heading = element('div', { class: 'detail-heading' }, this.#title, this.notes.star, close);
    const { t, onLink } = options;
    const onOpen = () => this.#number !== null && options.onAction('showOutput', this.#number);
    this.#traceback = new LogView({ t, title: 'traceback', onLink });
    this.#log = new LogView({ t, title: 'log', onLink, onOpen });
    const [told, texts] = [this.notes.tags, this.#traceback.root];
    const parts = [
      heading,
      this.#status,
      told,
      this.#reason,
      texts,
      this.#buttons,
      this.notes.note,
      this.#lists,
      this.#log.root,
      this.artifacts.root,
    ];
    this.#content = element('div', { hidden: true }, ...parts);
    this.compare = new Compare({
      t: options.t,
      onClear: options.onUnmark,
      onSelect: options.onSelect,
      onRunAgain: (model, numbers, from) => this.form.open(model, numbers, from),
    });
    const side = [this.form.root, this.compare.root, this.#hint, this.#content];
    this.root = element('aside', { class: 'side', 'aria-label': options.t('selected') }, ...side);
  }

  /** `detail` is null until the extension has answered. */
  update(
    model: TrialModel,
    number: number | null,
    metricNames: readonly string[],
    detail: PanelDetail | null,
    { canInsert, steering, best }: Pick<PanelHeader, 'canInsert' | 'steering' | 'best'>,
    canEnqueue: boolean,
  ): void {
    const isShown = number !== null && number < model.length;
    this.#content.hidden = !isShown;
    this.#hint.hidden = isShown || model.length === 0;
    if (!isShown) return;
    this.#number = number;
    this.#traceback.update(number, detail?.traceback ?? null);
    this.#log.update(number, detail?.log ?? null);
    if (detail) this.artifacts.update(number, detail.artifacts ?? []);
    else this.artifacts.root.hidden = true;
    const { t } = this.#options;
    setText(this.#title, t('trialTitle', { number }));
    const lists = this.#sections(model, number, metricNames, best, detail);
    const places = parameterPlaces(model, number, best, t);
    const status = [t(stateKey(model, number)), formatDuration(model.duration(number), t)].filter(
      (part) => part !== '–',
    );
    if (model.front.has(number)) status.push(t('onFront'));
    if (!model.isFeasible(number)) status.push(t('infeasible'));
    const actions = this.#actions(model, number, detail, canInsert);
    if (steering.includes('killTrial') && model.state(number) === TrialState.running && !model.isInterrupted(number))
      actions.push('kill');
    if (canEnqueue && places.length > 0) actions.push('enqueue', 'enqueueEdits');
    const key = JSON.stringify([
      number,
      status,
      lists,
      places,
      detail?.reason,
      detail?.curves,
      actions,
      shapeOf(model, number),
    ]);
    if (key === this.#key) return;
    this.#key = key;
    this.#status.replaceChildren(stateIcon(shapeOf(model, number)), status.join(' · '));
    this.#reason.hidden = !detail?.reason;
    setText(this.#reason, detail?.reason ?? '');
    const curves = detail?.curves ?? [];
    const drawn = curves.length > 0 ? [metricCurvesList(curves, t)] : [];
    const [values, ...rest] = lists.map(definitionList);
    const parameters = places.length > 0 ? [parameterList(places, t)] : [];
    this.#lists.replaceChildren(...(values ? [values] : []), ...drawn, ...parameters, ...rest);
    this.#showButtons(actions, number, model);
  }

  #sections(
    model: TrialModel,
    number: number,
    metricNames: readonly string[],
    best: number | null,
    detail: PanelDetail | null,
  ): Section[] {
    const { t } = this.#options;
    const values = metricNames.map((name, objective): Row => {
      const value = model.value(number, objective);
      const against = (other: number | null) => {
        const difference = other === null || other === number ? Number.NaN : value - model.value(other, objective);
        return Number.isFinite(difference) ? signed(difference) : null;
      };
      const [first, ahead] = [against(0), against(metricNames.length === 1 ? best : null)];
      const notes = [
        ...(first === null ? [] : [t('againstFirst', { difference: first })]),
        ...(ahead === null || best === 0 ? [] : [t('againstBest', { difference: ahead })]),
      ];
      const text = Number.isNaN(value) ? '–' : formatSignificant(value, 6);
      return { name, text, isStrong: true, note: notes.join(' · ') };
    });
    const { step, value } = model.curves.last(number);
    if (Number.isNaN(model.value(number, 0)) && model.curves.length(number) > 0) {
      const text = `${formatSignificant(value, 6)} ${t('atStep', { step })}`;
      values.push({ name: t('lastValue', { metric: metricNames[0] ?? '' }), text, isStrong: false });
    }
    const facts = (detail?.facts ?? []).map(({ name, text }): Row => ({ name, text, isStrong: false }));
    const attributes = (detail?.attributes ?? []).map(({ name, text }): Row => ({ name, text, isStrong: false }));
    return [values, facts, attributes].filter((rows) => rows.length > 0);
  }

  #actions(model: TrialModel, number: number, detail: PanelDetail | null, canInsert: boolean): DetailAction[] {
    const actions: DetailAction[] = [];
    const hasParameters = [...model.parameters.keys()].some((name) => !Number.isNaN(model.parameter(number, name)));
    const state = model.state(number);
    const hasResult = state === TrialState.complete || state === TrialState.pruned;
    if (canInsert && hasParameters && hasResult) actions.push('insertTrial');
    if (detail?.hasOutput && !detail.log?.text) actions.push('showOutput');
    if (detail?.canDebug) actions.push('debugTrial');
    return actions;
  }

  #showButtons(actions: readonly DetailAction[], number: number, model: TrialModel): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset['action'];
    this.#buttons.hidden = actions.length === 0;
    this.#buttons.replaceChildren(
      ...actions.map((action) => {
        const look = action === 'insertTrial' ? 'primary' : 'secondary';
        const button = element('button', { type: 'button', class: look, 'data-action': action });
        setText(button, this.#options.t(ACTION_TEXT[action] ?? 'output'));
        button.addEventListener('click', () => {
          if (action === 'enqueueEdits') this.form.open(model, [number], button);
          else if (action === 'enqueue')
            this.#options.onAsk({ type: 'enqueue', numbers: [number], edits: [], free: [] });
          else this.#options.onAction(action, number);
        });
        return button;
      }),
    );
    if (focused) this.#buttons.querySelector<HTMLElement>(`[data-action="${focused}"]`)?.focus();
  }
}

type DetailAction = PanelAction | 'enqueueEdits';

const ACTION_TEXT: Partial<Record<DetailAction, PanelName>> = {
  insertTrial: 'insert',
  showOutput: 'output',
  debugTrial: 'debug',
  kill: 'killTrial',
  enqueue: 'runAgain',
  enqueueEdits: 'runAgainEdits',
};

interface Row {
  readonly name: string;
  readonly text: string;
  readonly isStrong: boolean;
  readonly note?: string;
}

type Section = readonly Row[];

function definitionList(rows: Section): HTMLElement {
  const list = element('dl');
  for (const { name, text, isStrong, note = '' } of rows) {
    const value = element('dd', { title: text, class: isStrong ? 'strong' : '' }, text);
    list.append(element('div', {}, element('dt', { title: name }, name), value));
    if (note !== '') list.append(element('p', { class: 'muted value-note' }, note));
  }
  return list;
}

function signed(difference: number): string {
  const size = formatSignificant(Math.abs(difference), 3);
  if (difference === 0) return '±0';
  return `${difference < 0 ? '−' : '+'}${size}`;
}
