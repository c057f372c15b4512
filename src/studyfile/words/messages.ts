import { CHINESE } from './chinese.ts';
import { ENGLISH, type MessageKey } from './english.ts';
import { fillIn, fillInChinese, isChinese } from './translation.ts';

/** Says a sentence in the reader's language. */
export type Say = (key: MessageKey, ...values: readonly (string | number)[]) => string;

/** The sentences for a locale as VS Code names it; anything but Simplified Chinese is English. */
export function sayIn(locale: string | undefined): Say {
  if (isChinese(locale)) return (key, ...values) => fillInChinese(CHINESE[key], values);
  return (key, ...values) => fillIn(ENGLISH[key], values);
}
