import { fillPlaces } from '../../core/text/fillPlaces.ts';

/** Puts an English sentence with `{0}` places into the person's language; `vscode.l10n.t` in the window. */
export type Translate = (message: string, ...args: (string | number)[]) => string;

/** Fills the places in and leaves the words as they are. */
export const english: Translate = (message, ...args) => fillPlaces(message, args);
