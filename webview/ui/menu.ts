/** A small menu at a place of the page: commands, and switches that stay open. */
import { element } from './dom.ts';

export interface MenuItem {
  readonly text: string;
  /** Of a switch whether it is on; left out: a command. */
  readonly isOn?: boolean;
  /** Of one of several commands that it is what holds now. */
  readonly isChosen?: boolean;
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
  place(menu, from, at);
  (menu.firstElementChild as HTMLElement | null)?.focus();
}

/** Shows a box below `from`, or at a place, until a press outside of it. */
function place(box: HTMLElement, from: HTMLElement, at?: { x: number; y: number }): void {
  document.body.append(box);
  open = box;
  const { left, bottom } = from.getBoundingClientRect();
  const { x, y } = at ?? { x: left, y: bottom + 2 };
  box.style.left = `${Math.max(4, Math.min(x, window.innerWidth - box.offsetWidth - 4))}px`;
  box.style.top = `${Math.max(4, Math.min(y, window.innerHeight - box.offsetHeight - 4))}px`;
  const outside = (event: Event) => {
    if (open === box && box.contains(event.target as Node)) return;
    window.removeEventListener('pointerdown', outside, true);
    if (open === box) closeMenu();
  };
  window.addEventListener('pointerdown', outside, true);
}

/** Shows a box below `from` until a press outside, or Escape in it. */
export function openBox(box: HTMLElement, from: HTMLElement): void {
  const wasOpen = open === box;
  closeMenu();
  if (wasOpen) return;
  place(box, from);
  box.querySelector<HTMLElement>('button, textarea')?.focus();
  box.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    closeMenu();
    from.focus();
  };
}

export interface NumberPrompt {
  readonly label: string;
  /** Text of the button. */
  readonly apply: string;
  readonly value: number;
  /** Whole numbers from `low` to `high` are taken. */
  readonly low: number;
  readonly high: number;
  readonly onApply: (value: number) => void;
}

/** Asks for a whole number below `from`; Escape and a press outside leave everything as it is. */
export function openNumberPrompt(from: HTMLElement, { label, apply, value, low, high, onApply }: NumberPrompt): void {
  closeMenu();
  const range = { min: low, max: high, step: 1, required: true };
  const field = element('input', {
    type: 'number',
    class: 'field',
    value: Math.max(low, value),
    'aria-label': label,
    ...range,
  });
  const button = element('button', { type: 'submit', class: 'primary' }, apply);
  const form = element('form', { class: 'menu number-prompt' }, element('label', {}, label, field), button);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    closeMenu();
    from.focus();
    onApply(field.valueAsNumber);
  });
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    closeMenu();
    from.focus();
  });
  place(form, from);
  field.focus();
  field.select();
}

function itemOf(
  { text, isOn, isChosen = false, isFirstOfGroup, onClick }: MenuItem,
  draw: () => void,
  from: HTMLElement,
): HTMLElement {
  const isSwitch = isOn !== undefined;
  const item = element('button', {
    type: 'button',
    role: isSwitch ? 'menuitemcheckbox' : 'menuitem',
    class: isFirstOfGroup ? 'menu-item is-first' : 'menu-item',
  });
  if (isSwitch) item.setAttribute('aria-checked', String(isOn));
  item.append(
    element('span', { class: 'menu-mark', 'aria-hidden': 'true' }, isOn || isChosen ? '✓' : ''),
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
