/** Whether a locale as VS Code names it (`en`, `zh-cn`) reads Simplified Chinese. */
export function isChinese(locale: string | undefined): boolean {
  return /^zh(-(cn|hans|sg))?\b/i.test(locale ?? '') && !/tw|hant|hk/i.test(locale ?? '');
}

/** Puts values in place of `{0}`, `{1}` … of a sentence. */
export function fillIn(sentence: string, values: readonly (string | number)[]): string {
  return sentence.replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)] ?? ''));
}

/** A sentence in Chinese, which has spaces beside Latin words and none between its own. */
export function fillInChinese(sentence: string, values: readonly (string | number)[]): string {
  return fillIn(sentence, values).replace(/(?<=\p{Script=Han}) +(?=\p{Script=Han})/gu, '');
}
