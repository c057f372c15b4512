import type { YAMLError } from 'yaml';
import { checkStudyFile } from './checks.ts';
import { readStudyDocument, toPlain } from './document.ts';
import { normaliseStudyFile } from './normalise.ts';
import type { StudyFileProblem } from './problems.ts';
import { studyFileSchema } from './schema.ts';
import { schemaProblems } from './schemaProblems.ts';
import type { StudyFile } from './studyFile.ts';

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
 */
export function parseStudyFile(text: string, defaultName = 'study'): ParsedStudyFile {
  const document = readStudyDocument(text);
  const syntax = [...document.errors, ...document.warnings].map(syntaxProblem);
  if (document.errors.length > 0) return { file: null, problems: syntax };
  const raw = toPlain(document);
  if (raw instanceof Error) {
    const message = `The file cannot be read: ${raw.message}.`;
    return { file: null, problems: [{ severity: 'error', code: 'yaml', message, start: 0, end: 0 }] };
  }
  if (raw === null || raw === undefined) {
    const message =
      'The study file is empty; write `objective:` with `command: python train.py --lr {lr}` and a `space:`.';
    return { file: null, problems: [{ severity: 'error', code: 'empty', message, start: 0, end: 0 }] };
  }
  const checked = studyFileSchema.safeParse(raw);
  const problems = [
    ...syntax,
    ...(checked.success ? [] : schemaProblems(document, raw, checked.error.issues)),
    ...checkStudyFile(document, text, raw),
  ].sort((a, b) => a.start - b.start);
  const hasErrors = !checked.success || problems.some((problem) => problem.severity === 'error');
  return { file: hasErrors ? null : normaliseStudyFile(checked.data, defaultName), problems };
}

function syntaxProblem(error: YAMLError): StudyFileProblem {
  const sentence = error.message.replace(/\s+/g, ' ').replace(/[.:]?$/, '.');
  return {
    severity: error.name === 'YAMLWarning' ? 'warning' : 'error',
    code: 'yaml',
    message: `YAML: ${sentence}`,
    start: error.pos[0],
    end: Math.max(error.pos[1], error.pos[0] + 1),
  };
}
