/** A small menu at a place of the page: commands, and switches that stay open. */
import { element } from './dom.ts';

export interface MenuItem {
  readonly text: string;
  /** Of a switch whether it is on; left out: a command. */
  readonly isOn?: boolean;
  /** A line before it. */
  readonly isFirstOfGroup?: boolean;
  readonly onClick: () => void;
}

let open: HTMLElement | null = null;

export function closeMenu(): void {
  open?.remove();
  open = null;
}

/** `items` are asked for again after a switch. Where the menu closes the focus goes back to `from`. */
export function openMenu(from: HTMLElement, items: () => readonly MenuItem[], at?: { x: number; y: number }): void {
  closeMenu();
  const menu = element('div', { class: 'menu', role: 'menu', tabindex: -1 });
  const draw = () => {
    const place = [...menu.children].indexOf(document.activeElement as Element);
    menu.replaceChildren(...items().map((item) => itemOf(item, draw, from)));
    if (place >= 0) (menu.children[place] as HTMLElement | undefined)?.focus();
  };
  draw();
  menu.addEventListener('keydown', (event) => {
    const buttons = [...menu.children] as HTMLElement[];
    const place = buttons.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'ArrowDown') buttons[(place + 1) % buttons.length]?.focus();
    else if (event.key === 'ArrowUp') buttons[(place + buttons.length - 1) % buttons.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') {
      closeMenu();
      from.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(menu);
  open = menu;
  const box = from.getBoundingClientRect();
  const { x, y } = at ?? { x: box.left, y: box.bottom + 2 };
  menu.style.left = `${Math.max(4, Math.min(x, window.innerWidth - menu.offsetWidth - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, window.innerHeight - menu.offsetHeight - 4))}px`;
  (menu.firstElementChild as HTMLElement | null)?.focus();
  const outside = (event: Event) => {
    if (open === menu && menu.contains(event.target as Node)) return;
    window.removeEventListener('pointerdown', outside, true);
    if (open === menu) closeMenu();
  };
  window.addEventListener('pointerdown', outside, true);
}

function itemOf({ text, isOn, isFirstOfGroup, onClick }: MenuItem, draw: () => void, from: HTMLElement): HTMLElement {
  const isSwitch = isOn !== undefined;
  const item = element('button', {
    type: 'button',
    role: isSwitch ? 'menuitemcheckbox' : 'menuitem',
    class: isFirstOfGroup ? 'menu-item is-first' : 'menu-item',
  });
  if (isSwitch) item.setAttribute('aria-checked', String(isOn));
  item.append(
    element('span', { class: 'menu-mark', 'aria-hidden': 'true' }, isOn ? '✓' : ''),
    element('span', {}, text),
  );
  item.addEventListener('click', () => {
    if (!isSwitch) {
      closeMenu();
      from.focus();
    }
    onClick();
    if (isSwitch) draw();
  });
  return item;
}
