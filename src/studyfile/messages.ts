import { CHINESE } from './chinese.ts';
import { ENGLISH, type MessageKey } from './english.ts';
import { fillIn, isChinese } from './translation.ts';

/** Says a sentence in the reader's language. */
export type Say = (key: MessageKey, ...values: readonly (string | number)[]) => string;

/** The sentences for a locale as VS Code names it; anything but Simplified Chinese is English. */
export function sayIn(locale: string | undefined): Say {
  const table: Readonly<Record<MessageKey, string>> = isChinese(locale) ? CHINESE : ENGLISH;
  return (key, ...values) => fillIn(table[key], values);
}
