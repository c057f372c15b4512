import { checkStudyFile } from './checks.ts';
import { readStudyDocument, toPlain } from './document.ts';
import { type Say, sayIn } from './messages.ts';
import { normaliseStudyFile } from './normalise.ts';
import type { StudyFileProblem } from './problems.ts';
import { studyFileSchema } from './schema.ts';
import { schemaProblems } from './schemaProblems.ts';
import type { StudyFile } from './studyFile.ts';
import { syntaxProblems } from './syntaxProblems.ts';

export interface ParsedStudyFile {
  /** Null when there is an error; warnings alone do not hinder. */
  readonly file: StudyFile | null;
  /** In the order of their place. */
  readonly problems: readonly StudyFileProblem[];
}

/**
 * Reads and validates a study file (YAML, so JSON too). Finds everything wrong at once.
 *
 * @param defaultName The study's name when the file gives none: the file's own name without `.study.yaml`.
 * @param locale The language of the findings as VS Code names it; English by default.
 */
export function parseStudyFile(text: string, defaultName = 'study', locale = 'en'): ParsedStudyFile {
  const say = sayIn(locale);
  const document = readStudyDocument(text);
  const syntax = syntaxProblems(text, document.errors, document.warnings, say);
  if (document.errors.length > 0) return { file: null, problems: syntax };
  const raw = toPlain(document);
  if (raw instanceof Error) return asAWhole('unreadable', say('unreadable', raw.message));
  if (raw === null || raw === undefined) return asAWhole('empty', say('empty'));
  const checked = studyFileSchema.safeParse(raw);
  const problems = [
    ...syntax,
    ...(checked.success ? [] : schemaProblems(document, text, raw, checked.error.issues, say)),
    ...checkStudyFile(document, text, raw, say),
  ].sort((a, b) => a.start - b.start);
  const hasErrors = !checked.success || problems.some((problem) => problem.severity === 'error');
  return { file: hasErrors ? null : normaliseStudyFile(checked.data, defaultName), problems };
}

function asAWhole(code: Parameters<Say>[0], message: string): ParsedStudyFile {
  return { file: null, problems: [{ severity: 'error', code, message, start: 0, end: 0 }] };
}
