/** The line of tabs between filter and board, with the menus of charts and views at its end. */
import { element } from '../ui/dom.ts';
import { type MenuItem, openMenu } from '../ui/menu.ts';
import type { PanelName, Translate } from '../ui/strings.ts';
import { TABS, type Tab } from './arrangement.ts';

const NAMES: Readonly<Record<Tab, PanelName>> = {
  overview: 'tabOverview',
  parameters: 'parameters',
  curves: 'tabCurves',
  timeline: 'timeline',
  studies: 'tabStudies',
  table: 'tabTable',
};

export interface TabBarOptions {
  readonly t: Translate;
  readonly onTab: (tab: Tab) => void;
  readonly chartMenu: () => readonly MenuItem[];
  readonly viewMenu: () => readonly MenuItem[];
}

export class TabBar {
  readonly root: HTMLElement;
  readonly #tabs: ReadonlyMap<Tab, HTMLButtonElement>;
  readonly #charts: HTMLButtonElement;

  constructor({ t, onTab, chartMenu, viewMenu }: TabBarOptions) {
    this.#tabs = new Map(
      TABS.map((tab) => {
        const name = t(NAMES[tab]);
        const button = element('button', { type: 'button', role: 'tab', class: 'tab', 'data-tab': tab }, name);
        button.addEventListener('click', () => onTab(tab));
        return [tab, button];
      }),
    );
    const list = element(
      'div',
      { class: 'tab-list', role: 'tablist', 'aria-label': t('tabs') },
      ...this.#tabs.values(),
    );
    list.addEventListener('keydown', (event) => this.#key(event));
    const menu = (text: string, className: string, items: () => readonly MenuItem[]) => {
      const button = element('button', { type: 'button', class: `link ${className}`, 'aria-haspopup': 'menu' }, text);
      button.addEventListener('click', () => openMenu(button, items));
      return button;
    };
    this.#charts = menu(t('charts'), 'charts-menu', chartMenu);
    const ends = element('div', { class: 'tab-ends' }, menu(t('views'), 'views-menu', viewMenu), this.#charts);
    this.root = element('div', { class: 'tab-bar' }, list, ends);
  }

  /** `shown`: the tabs that have something to show. */
  update(tab: Tab, shown: ReadonlySet<Tab>): void {
    for (const [one, button] of this.#tabs) {
      button.hidden = !shown.has(one);
      button.setAttribute('aria-selected', String(one === tab));
      button.tabIndex = one === tab ? 0 : -1;
    }
    this.#charts.hidden = tab === 'table';
  }

  /** The arrow keys go through the tabs and open each, as in any list of tabs. */
  #key(event: KeyboardEvent): void {
    const shown = [...this.#tabs.values()].filter(({ hidden }) => !hidden);
    const at = shown.indexOf(document.activeElement as HTMLButtonElement);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1 + shown.length,
      Home: 0,
      End: shown.length - 1,
    };
    const next = steps[event.key];
    if (next === undefined || at < 0) return;
    const button = shown[next % shown.length] as HTMLButtonElement;
    event.preventDefault();
    button.focus();
    button.click();
  }
}
