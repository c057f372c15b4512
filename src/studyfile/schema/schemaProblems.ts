import type { Document } from 'yaml';
import type { z } from 'zod';
import { closest } from '../../core/text/closest.ts';
import type { StudyFileProblem } from '../checks/problems.ts';
import { type Path, spanOf, wordAt } from '../editing/positions.ts';
import { type Say, type Sentence, sentenceIn } from '../say.ts';
import { keysAt, valuesAt } from './schemaWalk.ts';

type Issue = z.core.$ZodIssue;

interface Context {
  readonly document: Document;
  readonly source: string;
  readonly raw: unknown;
  readonly say: Say;
}

/** Turns what the schema found into findings with a place and a sentence that says what to write. */
export function schemaProblems(
  document: Document,
  source: string,
  raw: unknown,
  issues: readonly Issue[],
  say: Say,
): StudyFileProblem[] {
  return issues.flatMap((issue) => problemsOf({ document, source, raw, say }, issue));
}

function problemsOf(context: Context, issue: Issue): StudyFileProblem[] {
  const { document, source, raw, say } = context;
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(context, path, key));
  const value = valueAt(raw, path);
  if (value === undefined) {
    const sentence = missingKey(path, say);
    const span = spanOf(document, path.slice(0, -1), 'key');
    return [{ severity: 'error', code: sentence[0], message: sentenceIn(say, sentence), ...span }];
  }
  const inner = issue.code === 'invalid_union' && path.length > 0 ? optionMeant(issue, value) : null;
  if (inner) return inner.flatMap((one) => problemsOf(context, { ...one, path: [...path, ...one.path] } as Issue));
  const sentence = wrongValue(issue, path, value, say);
  const problem = {
    severity: 'error',
    code: sentence[0],
    message: sentenceIn(say, sentence),
    ...spanOf(document, path),
  } as const;
  const guess = sentence[0] === 'not-one-of' ? closest(String(value), wordsMeant(path)) : null;
  if (guess === null) return [problem];
  return [
    { ...problem, fix: { title: say('changeTo', { text: guess }), newText: wordAt(source, problem.start, guess) } },
  ];
}

function unknownKey({ document, source, raw, say }: Context, path: Path, key: string): StudyFileProblem {
  const span = spanOf(document, [...path, key], 'key');
  const home = homeOf(key, path);
  if (home) {
    const place = home.length === 0 ? say('topOfFile') : say('insideKey', { key: home.join('.') });
    return { severity: 'error', code: 'misplaced-key', message: say('misplaced-key', { key, place }), ...span };
  }
  const type = valueAt(raw, [...path, 'type']);
  const known = keysAt(path, type);
  const guess = closest(key, known);
  const kind = String(path.at(-1));
  if (guess === null && path[0] !== 'space' && choosesByType(kind)) {
    const options = known.filter((name) => name !== 'type').join(', ');
    const sentence: Sentence =
      options === ''
        ? ['no-options', { kind: say(kind), type: String(type), option: key }]
        : ['unknown-option', { kind: say(kind), type: String(type), option: key, known: options }];
    return { severity: 'error', code: sentence[0], message: sentenceIn(say, sentence), ...span };
  }
  if (guess === null) {
    return {
      severity: 'error',
      code: 'unknown-key',
      message: say('unknown-key', { key, known: known.join(', ') }),
      ...span,
    };
  }
  const fix = { title: say('changeTo', { text: guess }), newText: wordAt(source, span.start, guess) };
  return { severity: 'error', code: 'misspelt-key', message: say('misspelt-key', { key, guess }), ...span, fix };
}

/** Blocks whose keys are written one level too high or too low. */
const HOMES: readonly Path[] = [[], ['budget'], ['objective']];

/** The block that a key belongs to; undefined where it is known nowhere, or a parameter's. */
function homeOf(key: string, path: Path): Path | undefined {
  if (path[0] === 'space' || keysAt(path, undefined).includes(key)) return undefined;
  return HOMES.find((home) => home.join() !== path.join() && keysAt(home, undefined).includes(key));
}

/** Whether a block has a `type` that decides which other keys it takes: a method's, or the executor's. */
function choosesByType(key: string): key is 'sampler' | 'pruner' | 'scheduler' | 'executor' {
  return ['sampler', 'pruner', 'scheduler', 'executor'].includes(key);
}

/** A key as a person would name it: `low of "lr"`, `budget.trials`. */
function nameOf(path: Path, say: Say): string {
  if (path.length === 0) return say('thisFile');
  if (path[0] === 'space' && path.length === 2) return String(path[1]);
  const isParameterKey = path[0] === 'space' && path.length > 2;
  return isParameterKey ? say('keyOf', { key: path.slice(2).join('.'), name: String(path[1]) }) : path.join('.');
}

function missingKey(path: Path, say: Say): Sentence {
  const name = String(path.at(-1));
  if (path.length === 1 && name === 'objective') return ['missing-objective'];
  if (path[0] === 'space' && path.length === 3)
    return ['missing-parameter-key', { parameter: String(path[1]), key: name }];
  return ['missing-key', { place: path.slice(0, -1).join('.') || say('theStudyFile'), key: name }];
}

function wrongValue(issue: Issue, path: Path, value: unknown, say: Say): Sentence {
  const name = nameOf(path, say);
  const shown = JSON.stringify(value) ?? String(value);
  const words = isBlock(value) ? [] : wordsMeant(path);
  if (words.length > 0) return ['not-one-of', { name, value: describe(value, shown, say), words: words.join(', ') }];
  if (path[0] === 'space' && path.length === 2) return ['parameter-type', { name }];
  if (path.at(-1) === 'timeout' || path.at(-1) === 'heartbeat') return ['wrong-duration', { name, shown }];
  if (issue.code === 'too_small') return tooSmall(issue, name, shown);
  if (issue.code === 'too_big') return ['too-big', { name, value: shown, bound: Number(issue.maximum) }];
  if (issue.code === 'invalid_type') return wrongType(issue.expected, name, value, shown, say);
  return ['wrong-value', { name, shown }];
}

function isBlock(value: unknown): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The words that a key takes, when words are all that it takes. */
function wordsMeant(path: Path): string[] {
  const words = valuesAt(path);
  return words.every((word) => word === 'true' || word === 'false') ? [] : words;
}

function tooSmall(issue: Extract<Issue, { code: 'too_small' }>, name: string, shown: string): Sentence {
  if (issue.origin === 'array') return ['too-few', { name, minimum: Number(issue.minimum) }];
  if (issue.origin === 'string') return ['empty-text', { name }];
  return [issue.inclusive ? 'too-small' : 'not-above', { name, value: shown, bound: Number(issue.minimum) }];
}

const EXPECTED: Readonly<Record<string, 'number' | 'int' | 'string' | 'boolean' | 'object' | 'array'>> = {
  number: 'number',
  int: 'int',
  string: 'string',
  boolean: 'boolean',
  object: 'object',
  record: 'object',
  array: 'array',
};

function wrongType(expected: string, name: string, value: unknown, shown: string, say: Say): Sentence {
  const isNumber = expected === 'number' || expected === 'int';
  if (isNumber && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) {
    return ['quoted-number', { name, shown }];
  }
  const key = EXPECTED[expected];
  return ['wrong-type', { name, value: describe(value, shown, say), wanted: key ? say(key) : expected }];
}

function describe(value: unknown, shown: string, say: Say): string {
  if (Array.isArray(value)) return say('isList');
  if (value !== null && typeof value === 'object') return say('isBlock');
  return value === null ? say('isEmpty') : shown;
}

/** Of a union's options, the issues of the one that the value is meant to be: a block for a block, a list for a list. */
function optionMeant(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): readonly Issue[] | null {
  if (value === null || typeof value !== 'object') return null;
  const isInside = (one: Issue) => one.path.length > 0 || one.code === 'unrecognized_keys' || one.code === 'too_small';
  return issue.errors.find((option) => option.some(isInside)) ?? null;
}

export function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
