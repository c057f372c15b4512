/** Languages that the language server knows. */
export const LANGUAGES: ReadonlySet<string> = new Set([
  'python',
  'javascript',
  'javascriptreact',
  'typescript',
  'typescriptreact',
  'yaml',
  'json',
  'jsonc',
]);

/** Words of a script that tunes or trains; the server decides properly, this decides only whether to start it. */
const SIGNS =
  /\boptuna\b|hyperparameter_search|\bsuggest_(float|int|categorical)\b|\bsuggest(Float|Int|Categorical)\b|TrainingArguments|\bimport tuneboard\b/;

/** Whether a document gives the language server something to do. With studies known, any code may take best values. */
export function isRelevant(languageId: string, path: string, text: string, hasStudies: boolean): boolean {
  if (isStudyFile(path)) return true;
  if (!LANGUAGES.has(languageId)) return false;
  return hasStudies || SIGNS.test(text);
}

export function isStudyFile(path: string): boolean {
  return /\.study\.ya?ml$/i.test(path);
}

/** Whether Start Study has an idea what to do with a file of this name. */
export function isStartable(path: string): boolean {
  return isStudyFile(path) || /\.(py|ipynb|js|mjs|cjs|ts|mts|cts)$/i.test(path);
}
