import { element } from './dom.ts';

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
