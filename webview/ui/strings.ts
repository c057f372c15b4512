import type { PANEL } from '../../src/words/en/panel.ts';
import { type PlainName, type Translate as TranslateFrom, translator } from '../../src/words/message.ts';

/** Says a sentence of the panel in the window's language. */
export type Translate = TranslateFrom<typeof PANEL>;

/** The name of a sentence without places. */
export type PanelName = PlainName<typeof PANEL>;

/** From the JSON object of the panel's texts that the extension hands over; a name without a text is shown itself. */
export function createTranslate(json: string | null | undefined): Translate {
  return translator('panel', textsOf(json)) as Translate;
}

function textsOf(json: string | null | undefined): Readonly<Record<string, string>> {
  try {
    const parsed: unknown = JSON.parse(json ?? '');
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).filter(([, text]) => typeof text === 'string'));
  } catch {
    return {};
  }
}
