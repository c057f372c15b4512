/** The files that a trial wrote: a picture, a table or some lines of each when a person opens it. */
import type { ArtifactPreview, PanelArtifact } from '../../src/protocol/panel.ts';
import { element } from '../ui/dom.ts';
import { formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';

export interface ArtifactsOptions {
  readonly t: Translate;
  /** Asks for what is in it, or opens it with the editor. */
  readonly onArtifact: (number: number, name: string, opens: boolean) => void;
}

export class Artifacts {
  readonly root = element('section', { class: 'artifacts', hidden: true });
  readonly #options: ArtifactsOptions;
  #number: number | null = null;
  #key = '';
  #boxes = new Map<string, HTMLElement>();

  constructor(options: ArtifactsOptions) {
    this.#options = options;
  }

  update(number: number, artifacts: readonly PanelArtifact[]): void {
    const { t, onArtifact } = this.#options;
    this.root.hidden = artifacts.length === 0;
    const key = JSON.stringify([number, artifacts]);
    if (key === this.#key) return;
    this.#key = key;
    this.#number = number;
    this.#boxes = new Map();
    const items = artifacts.map(({ name, kind, size, problem }) => {
      const open = element('button', { type: 'button', class: 'link log-open' }, t('openFile'));
      open.addEventListener('click', () => onArtifact(number, name, true));
      open.hidden = problem !== null;
      const note = element('span', { class: 'muted artifact-note' }, problem ?? sizeText(size ?? 0));
      const box = element('div', { class: 'artifact-preview', hidden: true });
      if (problem !== null || kind === 'other') {
        return element('div', { class: 'artifact' }, element('div', { class: 'artifact-head' }, name, note, open));
      }
      this.#boxes.set(name, box);
      const shows = element('button', { type: 'button', class: 'link artifact-name', 'aria-expanded': 'false' }, name);
      shows.addEventListener('click', () => {
        const isShown = box.hidden && box.childElementCount > 0;
        if (box.childElementCount === 0) onArtifact(number, name, false);
        else box.hidden = !isShown;
        shows.setAttribute('aria-expanded', String(!box.hidden));
      });
      return element('div', { class: 'artifact' }, element('div', { class: 'artifact-head' }, shows, note, open), box);
    });
    this.root.replaceChildren(element('h3', {}, `${t('artifacts')} ${artifacts.length}`), ...items);
    // What is seen at once costs little: the first picture.
    const first = artifacts.find(({ kind, problem }) => kind === 'image' && problem === null);
    if (first) onArtifact(number, first.name, false);
  }

  show(number: number, name: string, preview: ArtifactPreview | null): void {
    const box = number === this.#number ? this.#boxes.get(name) : undefined;
    if (!box) return;
    box.hidden = false;
    box.replaceChildren(
      preview ? content(preview, name) : element('p', { class: 'muted' }, this.#options.t('noPreview')),
    );
  }
}

function content(preview: ArtifactPreview, name: string): HTMLElement {
  switch (preview.kind) {
    case 'image':
      return element('img', { src: preview.url, alt: name });
    case 'audio':
      return element('audio', { src: preview.url, controls: true, preload: 'metadata' });
    case 'text':
      return element('pre', { class: 'log-text', tabindex: 0 }, preview.text);
    case 'csv': {
      const rows = preview.rows.map((cells, at) =>
        element('tr', {}, ...cells.map((cell) => element(at === 0 ? 'th' : 'td', {}, cell))),
      );
      return element('div', { class: 'artifact-table', tabindex: 0 }, element('table', {}, ...rows));
    }
    default:
      return preview satisfies never;
  }
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, size] = bytes < 1e6 ? ['kB', bytes / 1e3] : bytes < 1e9 ? ['MB', bytes / 1e6] : ['GB', bytes / 1e9];
  return `${formatSignificant(size as number, 3)} ${unit}`;
}
