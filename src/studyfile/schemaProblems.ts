import type { Document } from 'yaml';
import type { z } from 'zod';
import { closest } from './closest.ts';
import { type Path, spanOf } from './positions.ts';
import type { StudyFileProblem } from './problems.ts';
import { keysAt } from './schemaWalk.ts';

type Issue = z.core.$ZodIssue;

/** Turns what the schema found into findings with a place and a sentence that says what to write. */
export function schemaProblems(document: Document, raw: unknown, issues: readonly Issue[]): StudyFileProblem[] {
  return issues.flatMap((issue) => problemsOf(document, raw, issue));
}

function problemsOf(document: Document, raw: unknown, issue: Issue): StudyFileProblem[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(document, path, key));
  const value = valueAt(raw, path);
  const isMissing = value === undefined;
  const span = isMissing ? spanOf(document, path.slice(0, -1), 'key') : spanOf(document, path);
  if (isMissing)
    return [{ severity: 'error', code: 'missing-key', message: missingMessage(path, String(path.at(-1))), ...span }];
  if (issue.code === 'invalid_union' && path.length > 0) {
    const inner = deepestOption(issue, value);
    if (inner)
      return inner.flatMap((one) => problemsOf(document, raw, { ...one, path: [...path, ...one.path] } as Issue));
  }
  return [
    { severity: 'error', code: 'wrong-value', message: wrongValueMessage(issue, path, nameOf(path), value), ...span },
  ];
}

function unknownKey(document: Document, path: Path, key: string): StudyFileProblem {
  const span = spanOf(document, [...path, key], 'key');
  const known = keysAt(path);
  const guess = closest(key, known);
  const place = path.length > 0 ? ` in ${path.join('.')}` : '';
  if (guess) {
    const message = `Unknown key "${key}"${place}; write "${guess}".`;
    return {
      severity: 'error',
      code: 'unknown-key',
      message,
      ...span,
      fix: { title: `Change to "${guess}"`, newText: guess },
    };
  }
  const message = `Unknown key "${key}"${place}; known here: ${known.join(', ')}.`;
  return { severity: 'error', code: 'unknown-key', message, ...span };
}

/** A key as a person would name it: `low of "lr"`, `budget.trials`. */
function nameOf(path: Path): string {
  if (path.length === 0) return 'This file';
  if (path[0] === 'space' && path.length === 2) return String(path[1]);
  return path[0] === 'space' && path.length > 2 ? `${path.slice(2).join('.')} of "${path[1]}"` : path.join('.');
}

function missingMessage(path: Path, name: string): string {
  if (path.length === 1 && name === 'objective') {
    return 'The objective is missing; write `objective:` with `command: python train.py --lr {lr}`.';
  }
  const parent = path.slice(0, -1).join('.') || 'the study file';
  if (path[0] === 'space' && path.length === 3) return `Parameter "${path[1]}" has no ${name}; write \`${name}:\`.`;
  return `${parent} has no ${name}; write \`${name}:\`.`;
}

function wrongValueMessage(issue: Issue, path: Path, name: string, value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  if (issue.code === 'invalid_value')
    return `${name} is ${shown}; write one of ${issue.values.map(String).join(', ')}.`;
  if (path[0] === 'space' && path.length === 2) {
    return `Parameter "${name}" needs a type: write \`{ type: float, low: 0.0, high: 1.0 }\`, or int, or categorical with choices.`;
  }
  if (/timeout/.test(name)) return `${name} is ${shown}; write a duration such as 90s, 30m, 1h30m.`;
  if (name === 'sampler' || name === 'pruner')
    return `${name} is ${shown}; write \`{ type: … }\` or the name of one alone.`;
  if (issue.code === 'too_small')
    return `${name} is ${shown}; write ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${countNoun(issue.origin)}.`;
  if (issue.code === 'too_big') return `${name} is ${shown}; write at most ${issue.maximum}${countNoun(issue.origin)}.`;
  if (issue.code === 'invalid_type') {
    const expected = EXPECTED[issue.expected] ?? issue.expected;
    const hint =
      typeof value === 'string' &&
      /^(number|int)$/.test(issue.expected) &&
      value.trim() !== '' &&
      Number.isFinite(Number(value))
        ? ' without quotes'
        : '';
    return `${name} is ${describe(value, shown)}; write ${expected}${hint}.`;
  }
  return `${name} cannot be ${shown}.`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  object: 'a block of `key: value` lines',
  record: 'a block of `key: value` lines',
  array: 'a list',
};

function describe(value: unknown, shown: string): string {
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'a block of keys';
  return value === null ? 'empty' : shown;
}

function countNoun(origin: string): string {
  if (origin === 'array') return ' entry';
  return origin === 'string' ? ' character' : '';
}

/** Of a union's options, the issues of the one that the value is meant to be: a block for a block, text for text. */
function deepestOption(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): Issue[] | null {
  if (value === null || typeof value !== 'object') return null;
  const options = issue.errors.filter((option) =>
    option.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'),
  );
  return options[0] ? [...options[0]] : null;
}

export function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
