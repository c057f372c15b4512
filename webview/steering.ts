/** Pause, stop, budget and parallelism in the header: what the study's process can follow now, live while it runs. */
import type { PanelHeader, PanelOrder } from '../src/protocol/panel.ts';
import { element, setText } from './ui/dom.ts';
import { actionIcon } from './ui/icons.ts';
import { type MenuItem, openMenu, openNumberPrompt } from './ui/menu.ts';
import type { Translate } from './ui/strings.ts';

export type SteeringControl = 'pause' | 'resume' | 'stop' | 'budget' | 'parallel' | 'runMore';

/** More trials, or trials at a time, no field takes. */
const MOST_TRIALS = 1_000_000;
const MOST_PARALLEL = 10_000;
const LISTED_PARALLEL = 8;
const STEPS = [20, 50] as const;

/** What the process of this study can follow now. */
export function controlsOf(header: PanelHeader): SteeringControl[] {
  const { run, steering } = header;
  const controls: SteeringControl[] = [];
  if (steering.includes('pause') && run === 'running') controls.push('pause');
  if (steering.includes('pause') && run === 'paused') controls.push('resume');
  if (header.canStop) controls.push('stop');
  if (run !== 'stopping') {
    if (steering.includes('setBudget') && header.budget !== null) controls.push('budget');
    if (steering.includes('setParallel') && header.parallel !== null) controls.push('parallel');
  }
  if (header.canRunMore) controls.push('runMore');
  return controls;
}

/** What the study will be like once its process has followed the orders that are on their way. */
export function expected(header: PanelHeader, orders: Iterable<PanelOrder>): PanelHeader {
  let shown = header;
  for (const given of orders) {
    switch (given.order) {
      case 'pause':
        shown = { ...shown, run: 'paused', etaMs: null };
        break;
      case 'resume':
        shown = { ...shown, run: 'running' };
        break;
      case 'stop':
        shown = { ...shown, run: 'stopping', etaMs: null };
        break;
      case 'setBudget':
        shown = { ...shown, budget: given.trials, total: shown.total === null ? null : given.trials };
        break;
      case 'setParallel':
        shown = { ...shown, parallel: given.parallel };
        break;
      case 'runMore':
        shown = { ...shown, run: 'starting', canRunMore: false };
        break;
      default:
        given satisfies never;
    }
  }
  return shown;
}

export class SteeringControls {
  readonly root = element('div', { class: 'steering' });
  readonly #t: Translate;
  readonly #onOrder: (order: PanelOrder) => void;
  readonly #buttons = new Map<SteeringControl, HTMLButtonElement>();
  #header: PanelHeader | null = null;

  constructor(t: Translate, onOrder: (order: PanelOrder) => void) {
    this.#t = t;
    this.#onOrder = onOrder;
  }

  /** `waiting`: the orders that the process has not confirmed; what they change is muted. */
  update(header: PanelHeader, waiting: ReadonlySet<PanelOrder['order']>): void {
    this.#header = header;
    const controls = controlsOf(header);
    for (const [control, button] of this.#buttons) button.hidden = !controls.includes(control);
    for (const control of controls) this.#update(this.#buttons.get(control) ?? this.#make(control), control, header);
    this.#buttons.get('budget')?.classList.toggle('is-waiting', waiting.has('setBudget'));
    this.#buttons.get('parallel')?.classList.toggle('is-waiting', waiting.has('setParallel'));
    this.root.hidden = controls.length === 0;
  }

  #make(control: SteeringControl): HTMLButtonElement {
    const isIcon = control === 'pause' || control === 'resume' || control === 'stop';
    const look = isIcon ? 'icon-button' : control === 'runMore' ? 'primary has-menu' : 'secondary has-menu';
    const button = element('button', { type: 'button', 'data-action': control, class: look });
    if (isIcon) button.append(actionIcon(control));
    if (control !== 'pause' && control !== 'resume') button.setAttribute('aria-haspopup', 'menu');
    button.addEventListener('click', () => this.#click(control, button));
    this.#buttons.set(control, button);
    // In one order, whichever came first.
    const order: readonly SteeringControl[] = ['pause', 'resume', 'stop', 'budget', 'parallel', 'runMore'];
    this.root.replaceChildren(...order.flatMap((one) => this.#buttons.get(one) ?? []));
    return button;
  }

  #update(button: HTMLButtonElement, control: SteeringControl, header: PanelHeader): void {
    const t = this.#t;
    const say = (title: string) => {
      if (button.title === title) return;
      button.title = title;
      button.setAttribute('aria-label', title);
    };
    const { finished, budget, parallel } = header;
    switch (control) {
      case 'pause':
        say(t('pause'));
        break;
      case 'resume':
        say(t('resume'));
        break;
      case 'stop':
        say(t('stopSoon'));
        break;
      case 'budget':
        say(t('budgetOf', { finished, total: budget ?? 0 }));
        setText(button, t('progressOf', { finished, total: budget ?? 0 }));
        break;
      case 'parallel':
        say(t('parallelOf', { count: parallel ?? 0 }));
        setText(button, t('parallelCount', { count: parallel ?? 0 }));
        break;
      case 'runMore':
        setText(button, t('runMore'));
        break;
      default:
        control satisfies never;
    }
  }

  #click(control: SteeringControl, from: HTMLButtonElement): void {
    const header = this.#header;
    if (!header) return;
    if (control === 'pause' || control === 'resume') this.#onOrder({ order: control });
    else openMenu(from, () => this.#items(control, from, header));
  }

  #items(control: SteeringControl, from: HTMLElement, header: PanelHeader): MenuItem[] {
    const t = this.#t;
    switch (control) {
      case 'stop': {
        const stop = (mode: 'afterCurrent' | 'now') => () => this.#onOrder({ order: 'stop', mode });
        const now = { text: t('stopNow'), onClick: stop('now') };
        if (header.runningHere === 0) return [{ text: t('stopSoon'), onClick: stop('afterCurrent') }];
        const after = { text: t('finishRunning', { running: header.runningHere }), onClick: stop('afterCurrent') };
        // Already asked to stop: what is left to say is that it should not wait.
        return header.run === 'stopping' ? [now] : [after, now];
      }
      case 'budget':
        return this.#more(from, t('budgetNumber'), header.finished + 1, header.budget ?? 0, (trials) =>
          this.#onOrder({ order: 'setBudget', trials }),
        );
      case 'runMore':
        return this.#more(from, t('runMoreNumber'), 1, 0, (trials) => this.#onOrder({ order: 'runMore', trials }));
      case 'parallel': {
        const set = (parallel: number) => this.#onOrder({ order: 'setParallel', parallel });
        const most = Math.max(LISTED_PARALLEL, header.parallel ?? 1);
        const listed = most > 2 * LISTED_PARALLEL ? LISTED_PARALLEL : most;
        const other = () =>
          openNumberPrompt(from, {
            label: t('parallelNumber'),
            apply: t('apply'),
            value: header.parallel ?? 1,
            low: 1,
            high: MOST_PARALLEL,
            onApply: set,
          });
        return [
          ...Array.from({ length: listed }, (_, at) => ({
            text: String(at + 1),
            isChosen: header.parallel === at + 1,
            onClick: () => set(at + 1),
          })),
          { text: t('otherNumber'), isFirstOfGroup: true, onClick: other },
        ];
      }
      default:
        return [];
    }
  }

  #more(from: HTMLElement, label: string, low: number, base: number, onApply: (trials: number) => void): MenuItem[] {
    const t = this.#t;
    const other = () =>
      openNumberPrompt(from, { label, apply: t('apply'), value: base || STEPS[0], low, high: MOST_TRIALS, onApply });
    return [
      ...STEPS.map((count) => ({ text: t('moreTrials', { count }), onClick: () => onApply(base + count) })),
      { text: t('otherNumber'), isFirstOfGroup: true, onClick: other },
    ];
  }
}
