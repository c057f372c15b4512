import { fillPlaces } from '../../src/core/text/fillPlaces.ts';
import { PANEL_STRINGS, type PanelStringKey } from '../../src/protocol/panelStrings.ts';

/** Returns a sentence with `{0}`, `{1}` … filled in. */
export type Translate = (key: PanelStringKey, ...args: readonly (string | number)[]) => string;

/** English, overridden by the JSON object that the extension hands over; anything unreadable stays English. */
export function createTranslate(json: string | null | undefined): Translate {
  const table: Record<string, string> = { ...PANEL_STRINGS, ...readOverrides(json) };
  return (key, ...args) => fillPlaces(table[key] as string, args);
}

function readOverrides(json: string | null | undefined): Record<string, string> {
  if (!json) return {};
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return {};
    const known = Object.entries(parsed).filter(([key, text]) => key in PANEL_STRINGS && typeof text === 'string');
    return Object.fromEntries(known);
  } catch {
    return {};
  }
}
