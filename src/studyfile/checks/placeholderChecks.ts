import type { Document } from 'yaml';
import { closest } from '../../core/text/closest.ts';
import { isWandbMacro, placeholdersIn } from '../commandLine.ts';
import { type Path, type Span, spanOf } from '../editing/positions.ts';
import type { Say } from '../say.ts';
import type { StudyFileProblem } from './problems.ts';
import { asRecord, type Raw } from './report.ts';
import { shellPlaces } from './shellPlaces.ts';

/** Problems beyond this many are counted only. */
const MOST_PLACED = 200;

/** Placeholders without a parameter, and parameters that never reach the command. */
export function placeholderProblems(document: Document, source: string, file: Raw, say: Say): StudyFileProblem[] {
  const objective = asRecord(file['objective']);
  const { command, module } = objective;
  if (command === undefined && module === undefined) return [];
  const names = Object.keys(asRecord(file['space']));
  const known = new Set(names);
  const hasConfig = objective['config'] !== undefined;
  const config = objective['wandb'];
  const parts = [
    ...wordsOf(objective, 'command'),
    ...wordsOf(objective, 'args'),
    ...textsOf(config, ['objective', 'wandb']),
  ];
  const problems: StudyFileProblem[] = [];
  const used = new Set<string>();
  for (const [path, text] of parts) {
    if (objective['shell'] === true) {
      for (const { name } of shellPlaces(text).filter(({ place }) => place === 'refused')) {
        const message = say('unquotable-placeholder', { place: `{${name}}` });
        problems.push({
          severity: 'error',
          code: 'unquotable-placeholder',
          message,
          ...(problems.length < MOST_PLACED ? placeOf(source, spanOf(document, path), name) : spanOf(document, path)),
        });
      }
    }
    for (const { name, start } of placeholdersIn(text)) {
      if (config !== undefined && text[start - 1] === '$' && isWandbMacro(`\${${name}}`)) continue;
      used.add(name);
      if (known.has(name) || (hasConfig && name === 'config')) continue;
      const scalar = spanOf(document, path);
      problems.push(unknownPlaceholder(source, scalar, name, problems.length < MOST_PLACED ? names : null, say));
    }
  }
  // Without any placeholder the program reads TUNEBOARD_PARAMS, uses the client or gets a config file.
  if (hasConfig || config !== undefined || !names.some((name) => used.has(name))) return problems;
  return [...problems, ...unusedParameters(document, file, used, say)];
}

/** The words of a key of the objective, which has one text or a list of them. */
function wordsOf(objective: Raw, key: string): [Path, string][] {
  const value = objective[key];
  if (value === undefined) return [];
  return Array.isArray(value)
    ? value.map((word, index) => [['objective', key, index], String(word)])
    : [[['objective', key], String(value)]];
}

/** The texts of a block, at any depth. */
function textsOf(value: unknown, path: Path): [Path, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, one]) =>
    textsOf(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function unusedParameters(document: Document, file: Raw, used: ReadonlySet<string>, say: Say): StudyFileProblem[] {
  const space = asRecord(file['space']);
  // A parameter that others wait for decides whether they appear.
  const parents = new Set(
    Object.values(space).flatMap((parameter) => Object.keys(asRecord(asRecord(parameter)['when']))),
  );
  return Object.keys(space)
    .filter((name) => !used.has(name) && !parents.has(name) && asRecord(space[name])['at'] === undefined)
    .map((name) => ({
      severity: 'warning',
      code: 'unused-parameter',
      message: say('unused-parameter', { name, place: `\`{${name}}\`` }),
      ...spanOf(document, ['space', name], 'key'),
    }));
}

/** The placeholder itself, found again in the source since quoting may have changed its place; else the scalar. */
function placeOf(source: string, scalar: Span, name: string): Span {
  const offset = source.indexOf(`{${name}}`, scalar.start);
  return offset >= 0 && offset < scalar.end ? { start: offset, end: offset + name.length + 2 } : scalar;
}

/** `names` is null after many problems: then neither the place nor the name that was meant is looked for. */
function unknownPlaceholder(
  source: string,
  scalar: Span,
  name: string,
  names: readonly string[] | null,
  say: Say,
): StudyFileProblem {
  const span = names === null ? scalar : placeOf(source, scalar, name);
  const isInside = span !== scalar;
  const guess = names === null ? null : closest(name, names);
  if (guess === null) {
    const message = say('unknown-placeholder', { place: `{${name}}`, literal: `{{${name}}}` });
    return { severity: 'error', code: 'unknown-placeholder', message, ...span };
  }
  const message = say('misspelt-placeholder', { place: `{${name}}`, guess: `{${guess}}` });
  const fix = { title: say('changeToPlain', { text: `{${guess}}` }), newText: `{${guess}}` };
  return { severity: 'error', code: 'misspelt-placeholder', message, ...span, ...(isInside ? { fix } : {}) };
}
