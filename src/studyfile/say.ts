import { METHODS } from '../words/en/methods.ts';
import { SCHEMA } from '../words/en/schema.ts';
import { STUDY_FILE } from '../words/en/studyFile.ts';
import type { StudyFileCode } from '../words/en.ts';
import { isChinese, type Translate, translator, type ValuesFor } from '../words/message.ts';
import { METHODS_ZH } from '../words/zh/methods.ts';
import { SCHEMA_ZH } from '../words/zh/schema.ts';
import { STUDY_FILE_ZH } from '../words/zh/studyFile.ts';
import { WHERE_ZH } from '../words/zh/where.ts';

/** Says a sentence about a study file in the reader's language. */
export type Say = Translate<typeof STUDY_FILE>;

/** The name of a sentence with its values. */
export type Sentence = {
  [K in StudyFileCode]: readonly [code: K, ...values: ValuesFor<(typeof STUDY_FILE)[K]>];
}[StudyFileCode];

const CHINESE = { studyFile: STUDY_FILE_ZH, where: WHERE_ZH };

/** A sentence whose name is known only when it runs. */
export function sentenceIn(say: Say, sentence: Sentence): string {
  return say(...(sentence as unknown as readonly ['empty']));
}

/** The sentences for a locale as VS Code names it; anything but Simplified Chinese is English. */
export function sayIn(locale: string | undefined): Say {
  return translator('studyFile', STUDY_FILE, isChinese(locale) ? CHINESE : undefined);
}

/** A description of the schema, by its key, in the reader's language. */
export function describedIn(locale: string, key: string): string {
  const texts: Readonly<Record<string, string>> = isChinese(locale)
    ? { ...METHODS_ZH, ...SCHEMA_ZH }
    : { ...METHODS, ...SCHEMA };
  return texts[key] ?? key;
}
