import type { Document } from 'yaml';
import { TuneboardError } from '../../core/errors.ts';
import { declaredSpace, type SpaceDeclaration } from '../../core/space/declaredSpace.ts';
import type { Params } from '../../core/space/distributions.ts';
import type { SearchSpace } from '../../core/space/searchSpace.ts';
import { whereClause } from '../../core/space/where/clauses.ts';
import { type Place, WhereError } from '../../core/space/where/expression.ts';
import { constrainedSpace, Infeasible, requireWhere } from '../../core/space/where/feasible.ts';
import { whereMessage } from '../../words/en/where.ts';
import { type Path, type Span, spanOf } from '../editing/positions.ts';
import type { Say } from '../say.ts';
import type { StudyFileProblem } from './problems.ts';
import { asRecord, type Raw } from './report.ts';

/** Conditions more than this are not checked. */
const MOST_CHECKED = 200;

/**
 * Conditions on parameters: each can be read, some values satisfy all, and the points that the search starts at do. Of a space
 * that is wrong itself nothing is said here.
 */
export function whereProblems(document: Document, source: string, file: Raw, say: Say): StudyFileProblem[] {
  const { where } = file;
  if (!Array.isArray(where) || asRecord(file['objective'])['optuna'] !== undefined) return [];
  const space = spaceOf(file);
  if (!space) return [];
  const texts = where.slice(0, MOST_CHECKED).map((text: unknown) => (typeof text === 'string' ? text : ''));
  const distributions = new Map(space.parameters.map(({ name, distribution }) => [name, distribution]));
  const problems = texts.flatMap((text, index): StudyFileProblem[] => {
    try {
      if (text !== '') whereClause(text, distributions);
      return [];
    } catch (error) {
      if (!(error instanceof WhereError)) throw error;
      const span = placeIn(source, spanOf(document, ['where', index]), text, error.place);
      const message = say.say(whereMessage('invalid', { text, reason: error.words }));
      const fix =
        error.fix === undefined || !isExact(source, span, text, error.place)
          ? {}
          : { fix: { title: say('changeToPlain', { text: error.fix }), newText: error.fix } };
      return [{ severity: 'error', code: 'where-condition', message, ...span, ...fix }];
    }
  });
  if (problems.length > 0 || texts.includes('')) return problems;
  return spaceProblems(document, file, space, texts, say);
}

function spaceProblems(
  document: Document,
  file: Raw,
  space: SearchSpace,
  texts: readonly string[],
  say: Say,
): StudyFileProblem[] {
  const at = (code: string, path: Path, error: TuneboardError): StudyFileProblem => {
    return { severity: 'error', code, message: say.say(error.words), ...spanOf(document, path) };
  };
  try {
    const constrained = constrainedSpace(space, texts);
    const start: readonly unknown[] = Array.isArray(file['start']) ? file['start'] : [];
    return start.flatMap((point, index) => {
      const error = violation(constrained, asRecord(point) as Params);
      return error ? [at('where-start', ['start', index], error)] : [];
    });
  } catch (error) {
    if (!(error instanceof Infeasible)) throw error;
    const lines = error.clauses.map(({ text }) => texts.indexOf(text));
    return [...new Set(lines)].map((index) => at('infeasible-space', ['where', index], error));
  }
}

function violation(space: SearchSpace, point: Params): TuneboardError | undefined {
  try {
    requireWhere(space, point);
    return undefined;
  } catch (error) {
    if (error instanceof TuneboardError) return error;
    throw error;
  }
}

/** The space without conditions; undefined where something else in it is wrong. */
function spaceOf(file: Raw): SearchSpace | undefined {
  const ranges = Object.entries(asRecord(file['space'])).map(([name, value]) => {
    const { at: _, ...range } = asRecord(value);
    return [name, range];
  });
  if (ranges.length === 0) return undefined;
  try {
    return declaredSpace(Object.fromEntries(ranges) as SpaceDeclaration);
  } catch (error) {
    if (error instanceof TuneboardError) return undefined;
    throw error;
  }
}

/** A part of a condition in the source; the whole scalar where it is written with escapes or in several lines. */
function placeIn(source: string, scalar: Span, text: string, { start, end }: Place): Span {
  const offset = source.indexOf(text, scalar.start);
  if (offset < 0 || offset + text.length > scalar.end) return scalar;
  return { start: offset + start, end: Math.max(offset + end, offset + start) };
}

function isExact(source: string, span: Span, text: string, { start, end }: Place): boolean {
  return source.slice(span.start, span.end) === text.slice(start, end);
}
