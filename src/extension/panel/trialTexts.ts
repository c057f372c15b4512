import { dirname } from 'node:path';
import { framesIn } from '../../core/failures/tracebacks.ts';
import { terminalLines } from '../../core/text/printable.ts';
import type { PanelText } from '../../protocol/panel.ts';
import { type Place, placeOf } from '../failures/places.ts';
import { endOf } from '../storages/runOutput.ts';

/** Of a longer output the side column shows the end. */
const SHOWN_BYTES = 24 * 1024;
const SHOWN_LINES = 300;
/** Each asks the disk once. */
const MOST_LINKS = 60;

/** The texts about one trial that the page shows, and the places that their links lead to. */
export class TrialTexts {
  readonly #folders: readonly string[];
  readonly #places: Place[] = [];
  readonly #known = new Map<string, number>();

  /** `folder`: of the run, whose programs name files relative to the study's own folder. */
  constructor(folder: string | undefined) {
    this.#folders = folder === undefined ? [] : [dirname(dirname(folder))];
  }

  /** Where a link of the page leads. */
  place(link: number): Place | undefined {
    return this.#places[link];
  }

  /** The end of an output file. */
  log(path: string): PanelText {
    const { text, skipped } = endOf(path, SHOWN_BYTES);
    return this.text(text, skipped > 0);
  }

  text(given: string, isEnd = false): PanelText {
    const lines = terminalLines(given);
    const shown = lines.slice(-SHOWN_LINES).join('\n');
    return { text: shown, isEnd: isEnd || lines.length > SHOWN_LINES, links: this.#links(shown) };
  }

  #links(text: string): PanelText['links'] {
    return framesIn(text)
      .slice(-MOST_LINKS)
      .flatMap((frame) => {
        const key = `${frame.file}:${frame.line}:${frame.column}`;
        let link = this.#known.get(key);
        if (link === undefined) {
          const place = placeOf(frame, this.#folders);
          link = place ? this.#places.push(place) - 1 : -1;
          this.#known.set(key, link);
        }
        return link < 0 ? [] : [{ start: frame.start, end: frame.end, link }];
      });
  }
}
