import { element, setText } from './dom.ts';

/** A drop-down whose options change only when they do, so that an open one is left alone. */
export class Choice {
  readonly root: HTMLSelectElement;
  #key = '';

  constructor(label: string, onChange: (value: string) => void) {
    this.root = element('select', { 'aria-label': label, title: label });
    this.root.addEventListener('change', () => onChange(this.root.value));
  }

  /** `isShown`: a choice among nothing is none. */
  update(options: readonly (readonly [value: string, text: string])[], chosen: string, isShown: boolean): void {
    this.root.hidden = !isShown;
    const key = JSON.stringify(options);
    if (key !== this.#key) {
      this.#key = key;
      this.root.replaceChildren(...options.map(([value, text]) => element('option', { value }, text)));
    }
    if (this.root.value !== chosen) this.root.value = chosen;
  }
}

export function toggle(text: string, title: string, onClick: () => void): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'toggle', title, 'aria-label': title });
  setText(button, text);
  button.addEventListener('click', onClick);
  return button;
}

/** A slider from 0 to `max`. */
export function slider(title: string, max: number, onInput: (value: number) => void): HTMLInputElement {
  const attributes = { type: 'range', min: '0', max: String(max), step: '0.01', title, 'aria-label': title };
  const input = element('input', { ...attributes, class: 'slider' });
  input.addEventListener('input', () => onInput(Number(input.value)));
  return input;
}
