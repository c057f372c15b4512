/** Elements without markup in strings: text is always text. */

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** `true` sets an empty attribute, `false` leaves it out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svgElement(tag: string, attributes: Attributes, ...children: readonly Node[]): SVGElement {
  const made = document.createElementNS(SVG, tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) target.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Writes a text only when it changed, so that a screen reader and the layout stay calm. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function isLarge(tile: HTMLElement): boolean {
  return tile.classList.contains('is-large');
}

/** A tile fills the panel, or goes back to its place. */
export function toggleLarge(tile: HTMLElement): void {
  tile.classList.toggle('is-large');
  tile.querySelector<HTMLElement>('[tabindex="0"], .bar')?.focus();
}
