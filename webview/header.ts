/** The line on top: name, true state, progress, best, time left, what steers the study and at most three actions. */
import type { Annotation } from '../src/core/study/notes.ts';
import type { PanelAction, PanelAsk, PanelHeader, PanelOrder } from '../src/protocol/panel.ts';
import { controlsOf, expected, SteeringControls } from './steering.ts';
import { Notes } from './trial/notes.ts';
import { element, setText } from './ui/dom.ts';
import { formatEta } from './ui/format.ts';
import { noteIcon, starIcon } from './ui/icons.ts';
import { openBox } from './ui/menu.ts';
import type { PanelName, Translate } from './ui/strings.ts';

const STATE_TEXT: Readonly<Record<PanelHeader['run'], PanelName>> = {
  idle: 'stateIdle',
  starting: 'stateStarting',
  running: 'stateRunning',
  paused: 'statePaused',
  stopping: 'stateStopping',
  finished: 'stateFinished',
  stopped: 'stateStopped',
  failed: 'stateFailed',
};

export interface HeaderOptions {
  readonly onAction: (action: PanelAction) => void;
  readonly onOrder: (order: PanelOrder) => void;
  readonly onSelect: (number: number) => void;
  readonly onAsk: (ask: PanelAsk) => void;
}

export class Header {
  readonly root: HTMLElement;
  readonly #name = element('h1');
  readonly #state = element('span', { class: 'state-text' });
  readonly #dot = element('span', { class: 'dot', 'aria-hidden': 'true' });
  readonly #best = element('span', { class: 'best' });
  readonly #bestLabel = element('span', { class: 'muted' });
  readonly #bestValue = element('strong');
  readonly #bestTrial = element('button', { type: 'button', class: 'link' });
  readonly #ahead = element('span', { class: 'muted' });
  readonly #front = element('span', { class: 'front' });
  readonly #eta = element('span', { class: 'muted eta' });
  readonly #actions = element('div', { class: 'actions' });
  readonly #bar = element('div', { class: 'progress-bar' });
  readonly #progress: HTMLElement;
  readonly #message = element('p', { class: 'message', role: 'status', hidden: true });
  readonly #t: Translate;
  readonly #onAction: (action: PanelAction) => void;
  readonly #steering: SteeringControls;
  /** Of the study. */
  readonly notes: Notes;
  readonly #noteButton = element('button', { type: 'button', class: 'icon-button', 'aria-haspopup': 'dialog' });
  readonly #noteBox: HTMLElement;
  /** Orders that the study's process has not confirmed. */
  readonly #waiting = new Map<PanelOrder['order'], PanelOrder>();
  #bestNumber: number | null = null;
  #last: readonly [PanelHeader, string | null] | undefined;

  constructor(t: Translate, { onAction, onOrder, onSelect, onAsk }: HeaderOptions) {
    this.#t = t;
    this.#onAction = onAction;
    this.#steering = new SteeringControls(t, (given) => {
      this.#waiting.set(given.order, given);
      this.#again();
      onOrder(given);
    });
    this.notes = new Notes({ t, onAsk });
    const marks = element('div', { class: 'note-marks' }, this.notes.star, this.notes.tags);
    const label = t('studyNote');
    this.#noteBox = element(
      'div',
      { class: 'menu note-box', role: 'dialog', 'aria-label': label },
      marks,
      this.notes.note,
    );
    this.#noteButton.title = label;
    this.#noteButton.setAttribute('aria-label', label);
    this.#noteButton.addEventListener('click', () => openBox(this.#noteBox, this.#noteButton));
    setText(this.#bestLabel, t('best'));
    this.#best.append(this.#bestLabel, this.#bestValue, this.#bestTrial);
    this.#bestTrial.addEventListener('click', () => {
      if (this.#bestNumber !== null) onSelect(this.#bestNumber);
    });
    this.#progress = element(
      'div',
      { class: 'progress', role: 'progressbar', 'aria-label': t('progressLabel') },
      this.#bar,
    );
    const state = element('span', { class: 'state' }, this.#dot, this.#state);
    const line = element(
      'div',
      { class: 'header-line' },
      element('span', { class: 'study-name' }, this.#name, this.#noteButton),
      state,
      this.#best,
      this.#ahead,
      this.#front,
      this.#eta,
      element('div', { class: 'controls' }, this.#steering.root, this.#actions),
    );
    this.root = element('header', {}, line, this.#progress, this.#message);
  }

  /** `bestText`: the best value as the table shows it, null when there is none. */
  update(truth: PanelHeader, bestText: string | null): void {
    this.#last = [truth, bestText];
    const header = expected(truth, this.#waiting.values());
    const { run, best } = header;
    this.#state.classList.toggle('is-waiting', run !== truth.run);
    const t = this.#t;
    this.#bestNumber = best;
    setText(this.#name, header.studyName);
    const state = stateText(header, t);
    // The control that changes the budget says how far it is used.
    const isSaid = controlsOf(header).includes('budget') && header.total === header.budget;
    setText(this.#state, isSaid ? state : `${state} · ${progressText(header, t)}`);
    this.#dot.dataset['run'] = run === 'idle' && header.elsewhere > 0 ? 'running' : run;
    this.#best.hidden = bestText === null || best === null;
    setText(this.#bestValue, bestText ?? '');
    setText(this.#bestTrial, best === null ? '' : t('bestTrial', { number: best }));
    this.#ahead.hidden = header.ahead === null;
    setText(this.#ahead, header.ahead ?? '');
    this.#front.hidden = header.front.length === 0;
    setText(this.#front, t('frontCount', { front: header.front.length }));
    setText(this.#eta, header.etaMs === null ? '' : formatEta(header.etaMs, t));
    this.#updateProgress(header);
    this.showMessage(header.message, run === 'failed');
    this.#updateActions(header);
    this.#steering.update(header, new Set(this.#waiting.keys()));
  }

  setNote(annotation: Annotation, readOnly: string | null): void {
    this.notes.update(null, annotation, readOnly);
    const icon = annotation.star
      ? starIcon(true)
      : noteIcon(annotation.text.trim() !== '' || annotation.tags.length > 0);
    this.#noteButton.replaceChildren(icon);
  }

  /** The header that was given last is true again: the order was followed, or could not be. */
  settle(order: PanelOrder['order']): void {
    if (this.#waiting.delete(order)) this.#again();
  }

  #again(): void {
    if (this.#last) this.update(...this.#last);
  }

  showMessage(message: string | null, isError: boolean): void {
    this.#message.hidden = !message;
    this.#message.classList.toggle('is-error', isError);
    setText(this.#message, message ?? '');
  }

  #updateProgress({ finished, total, run }: PanelHeader): void {
    const share = total ? Math.min(1, finished / total) : 0;
    this.#bar.style.transform = `scaleX(${share})`;
    this.#progress.classList.toggle('is-unknown', total === null && run === 'running');
    this.#progress.setAttribute('aria-valuemin', '0');
    if (total === null) {
      this.#progress.removeAttribute('aria-valuenow');
      return;
    }
    this.#progress.setAttribute('aria-valuemax', String(total));
    this.#progress.setAttribute('aria-valuenow', String(Math.min(finished, total)));
  }

  #updateActions(header: PanelHeader): void {
    const actions = actionsOf(header);
    const key = actions.join(' ');
    if (this.#actions.dataset['key'] === key) return;
    const focused = (document.activeElement as HTMLElement | null)?.dataset['action'];
    this.#actions.dataset['key'] = key;
    this.#actions.replaceChildren(...actions.map((action) => this.#button(action)));
    if (focused) this.#actions.querySelector<HTMLElement>(`[data-action="${focused}"]`)?.focus();
  }

  #button(action: HeaderAction): HTMLElement {
    const isPrimary = action === 'insertBest' || action === 'start';
    const button = element('button', {
      type: 'button',
      'data-action': action,
      class: isPrimary ? 'primary' : 'secondary',
    });
    setText(button, this.#t(ACTION_TEXT[action]));
    button.addEventListener('click', () => this.#onAction(action));
    return button;
  }
}

/** Of a study that nobody here runs, what others do; of one that somebody does, both. */
function stateText({ run, elsewhere }: PanelHeader, t: Translate): string {
  const own = t(STATE_TEXT[run]);
  if (elsewhere === 0) return own;
  const others = t('runningElsewhere', { elsewhere });
  return run === 'idle' ? others : `${own} · ${others}`;
}

function progressText({ finished, total, population }: PanelHeader, t: Translate): string {
  if (population) return t('progressPopulation', { members: population.members, step: population.step });
  return total === null ? t('progressFinished', { finished }) : t('progressOf', { finished, total });
}

type HeaderAction = Extract<PanelAction, 'start' | 'resume' | 'insertBest' | 'showRunLog'>;

const ACTION_TEXT: Readonly<Record<HeaderAction, PanelName>> = {
  start: 'start',
  resume: 'resume',
  insertBest: 'insertBest',
  showRunLog: 'runLog',
};

/** Only what can work now, three at most; the orders to a running study are `controlsOf`. */
export function actionsOf(header: PanelHeader): HeaderAction[] {
  const actions: HeaderAction[] = [];
  const isAtRest = ['idle', 'finished', 'stopped', 'failed'].includes(header.run);
  if (header.run === 'failed') actions.push('showRunLog');
  const isUsedUp = header.run === 'finished' && header.total !== null && header.finished >= header.total;
  if (header.canStart && isAtRest && !isUsedUp && !header.canRunMore)
    actions.push(header.finished > 0 ? 'resume' : 'start');
  if (header.canInsert && (header.best !== null || header.front.length > 0)) actions.push('insertBest');
  return actions.slice(-3);
}
