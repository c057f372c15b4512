import type { z } from 'zod';
import { checkStudyFile } from './checks/checks.ts';
import type { StudyFileProblem } from './checks/problems.ts';
import { syntaxProblems } from './checks/syntaxProblems.ts';
import { isSweepText } from './commandLine.ts';
import { readStudyDocument, toPlain } from './editing/document.ts';
import { normaliseStudyFile } from './normalise.ts';
import { type Say, sayIn } from './say.ts';
import { studyFileSchema } from './schema/schema.ts';
import { schemaProblems } from './schema/schemaProblems.ts';
import type { StudyFile } from './studyFile.ts';
import { sweepStudyOf } from './sweep/sweepFile.ts';

// What the window loads together, when it first needs one of them.
export { isSweepText, splitCommandLine } from './commandLine.ts';
export { changeLaunch } from './editing/launchKeys.ts';
export { programLine } from './launching/programLine.ts';
export { shellCommands, shellState } from './launching/shellLine.ts';

/** More problems are counted only. */
const MOST_PROBLEMS = 200;

export interface ParsedStudyFile {
  /** Null when there is an error; warnings alone do not hinder. */
  readonly file: StudyFile | null;
  /** In the order of their place. */
  readonly problems: readonly StudyFileProblem[];
}

/**
 * Reads and validates a study file (YAML, so JSON too), or a W&B sweep. Finds everything wrong at once.
 *
 * @param defaultName The study's name when the file gives none: the file's own name without `.study.yaml`.
 * @param locale The language of the findings as VS Code names it; English by default.
 */
export function parseStudyFile(text: string, defaultName = 'study', locale = 'en'): ParsedStudyFile {
  const say = sayIn(locale);
  if (isSweepText(text)) return parseSweep(text, defaultName, locale);
  const document = readStudyDocument(text);
  const syntax = syntaxProblems(text, document.errors, document.warnings, say);
  if (document.errors.length > 0) return { file: null, problems: firstOf(syntax, 0, say) };
  const raw = toPlain(document);
  if (raw instanceof Error) return asAWhole('unreadable', say('unreadable', { reason: raw.message }));
  if (raw === null || raw === undefined) return asAWhole('empty', say('empty'));
  const checked = studyFileSchema.safeParse(raw);
  const [issues, left] = checked.success ? [[], 0] : firstIssues(checked.error.issues);
  const problems = [
    ...syntax,
    ...schemaProblems(document, text, raw, issues, say),
    ...checkStudyFile(document, text, raw, say),
  ].sort((a, b) => a.start - b.start);
  const hasErrors = !checked.success || problems.some((problem) => problem.severity === 'error');
  const file = hasErrors || !checked.success ? null : normaliseStudyFile(checked.data, defaultName);
  return { file, problems: firstOf(problems, left, say) };
}

/** A W&B sweep is the study file that it is drafted as. */
function parseSweep(text: string, name: string, locale: string): ParsedStudyFile {
  const sweep = sweepStudyOf(text, { fileName: `${name}.yaml`, locale });
  if (sweep.text === null) return { file: null, problems: sweep.problems };
  const { file, problems } = parseStudyFile(sweep.text, name, locale);
  return { file, problems: problems.map((problem) => ({ ...problem, start: 0, end: 0 })) };
}

/** The problems that are told, and one that tells how many more there are. */
function firstOf(problems: readonly StudyFileProblem[], others: number, say: Say): readonly StudyFileProblem[] {
  const left = Math.max(0, problems.length - MOST_PROBLEMS) + others;
  if (left === 0) return problems;
  const more = {
    severity: 'error',
    code: 'more-problems',
    message: say('more-problems', { count: left }),
    start: 0,
    end: 0,
  } as const;
  return [...problems.slice(0, MOST_PROBLEMS), more];
}

/** Issues for as many problems as are told, and how many problems are left. */
function firstIssues(issues: readonly z.core.$ZodIssue[]): [z.core.$ZodIssue[], number] {
  const kept: z.core.$ZodIssue[] = [];
  let room = MOST_PROBLEMS;
  let left = 0;
  for (const issue of issues) {
    const count = issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
    if (room > 0) kept.push(issue.code === 'unrecognized_keys' ? { ...issue, keys: issue.keys.slice(0, room) } : issue);
    left += Math.max(0, count - room);
    room = Math.max(0, room - count);
  }
  return [kept, left];
}

function asAWhole(code: Parameters<Say>[0], message: string): ParsedStudyFile {
  return { file: null, problems: [{ severity: 'error', code, message, start: 0, end: 0 }] };
}

// The editor loads this file's bundle when it needs a study file: what it reads of one comes with it.
export { parameterSpan, placedParameters } from './editing/spaceEdits.ts';
