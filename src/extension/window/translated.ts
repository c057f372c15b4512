import { l10n } from 'vscode';
import { fillPlaces } from '../../core/text/fillPlaces.ts';
import type { Translate } from '../words/translate.ts';

/** A sentence in the window's language, as `l10n.t` has it; one of something that is counted is told in the singular. */
export const t: Translate = (message, ...args) => fillPlaces(l10n.t(message), args);
