import { LANGUAGE } from '../words/en/language.ts';
import { isChinese, type Translate, translator } from '../words/message.ts';
import { LANGUAGE_ZH } from '../words/zh/language.ts';

/** Says what the editor says beside code, in the reader's language. */
export type Say = Translate<typeof LANGUAGE>;

/** The sentences for a locale as VS Code names it (`en`, `zh-cn`); anything but Simplified Chinese is English. */
export function sayIn(locale: string | undefined): Say {
  return translator('language', LANGUAGE, isChinese(locale) ? { language: LANGUAGE_ZH } : undefined);
}
