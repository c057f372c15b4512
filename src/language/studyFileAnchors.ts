import { isSweepText } from '../studyfile/commandLine.ts';
import type { Anchor } from './insertion/sites.ts';

/** Whether a document is a study file, by its name. */
export function isStudyFile(uri: string): boolean {
  return /\.study\.ya?ml$/i.test(uri.split(/[?#]/)[0] as string);
}

/** Whether a document is a study file, or a W&B sweep, which runs as one. */
export function isStudyDocument(uri: string, languageId: string, text: string): boolean {
  return isStudyFile(uri) || (languageId === 'yaml' && isSweepText(text));
}

/** The first key of a study file; its first line while there is none. */
export function studyFileAnchors(text: string): Anchor[] {
  const first = /^[^\s#%-][^\n]*:/m.exec(text);
  return [{ kind: 'studyFile', offset: first?.index ?? 0 }];
}
