import { isSweepText } from '../../studyfile/commandLine.ts';

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

/** Words of a script that tunes by itself; the server decides properly, this decides only whether to start it. */
const TUNES =
  /\boptuna\b|hyperparameter_search|\bsuggest_(float|int|categorical)\b|\bsuggest(Float|Int|Categorical)\b|\bimport tuneboard\b/;

/** A number, a text or a switch that stands for a name or in a list: what a study can vary, and best values replace. */
const HAS_VALUE = /[:=([,-]\s*(?:[-+]?\.?\d|True\b|False\b|true\b|false\b|["'`])/;

/**
 * Whether a document gives the language server something to do by itself. Without studies in the workspace only a study
 * file and a script that tunes do; else the server waits until a person asks for something.
 */
export function isRelevant(languageId: string, path: string, text: string, hasStudies: boolean): boolean {
  if (isStudyFile(path) || (languageId === 'yaml' && isSweepText(text))) return true;
  if (!LANGUAGES.has(languageId)) return false;
  return TUNES.test(text) || (hasStudies && HAS_VALUE.test(text));
}

export function isStudyFile(path: string): boolean {
  return /\.study\.ya?ml$/i.test(path);
}

/** Whether Start Study has an idea what to do with a file of this name. */
export function isStartable(path: string): boolean {
  return isStudyFile(path) || /\.(py|ipynb|js|mjs|cjs|ts|mts|cts)$/i.test(path);
}
