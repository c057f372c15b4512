import type { YAMLError } from 'yaml';
import type { StudyFileCode } from '../../words/en.ts';
import type { Span } from '../editing/positions.ts';
import type { Say } from '../say.ts';
import type { StudyFileProblem } from './problems.ts';

/**
 * What YAML itself found. Only its first error is told: those after it mostly follow from it. The likeliest mistake, a
 * command with `{…}` that is not in quotes, is recognised and can be fixed.
 */
export function syntaxProblems(
  text: string,
  errors: readonly YAMLError[],
  warnings: readonly YAMLError[],
  say: Say,
): StudyFileProblem[] {
  const problems = warnings.map((warning) => yamlProblem(text, warning, 'warning', say));
  const first = errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  if (!first) return problems;
  const command = unquotedCommand(text, first.pos[0]);
  if (!command) return [...problems, yamlProblem(text, first, 'error', say)];
  const fix = { title: say('quoteCommand'), newText: quoted(text.slice(command.start, command.end)) };
  return [...problems, { severity: 'error', code: 'yaml-braces', message: say('yaml-braces'), ...command, fix }];
}

function yamlProblem(text: string, error: YAMLError, severity: 'error' | 'warning', say: Say): StudyFileProblem {
  const place = { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) };
  if (error.code === 'TAB_AS_INDENT') return { severity, code: 'yaml-tab', message: say('yaml-tab'), ...place };
  if (error.code === 'DUPLICATE_KEY') {
    const written = text.slice(error.pos[0], error.pos[0] + LONGEST_KEY);
    const [, double, single, plain] = /^(?:"([^"\n]+)"|'([^'\n]+)'|([^:\n]+))/.exec(written) ?? [];
    const key = double ?? single ?? plain?.trim();
    if (key) return { severity, code: 'yaml-duplicate-key', message: say('yaml-duplicate-key', { key }), ...place };
  }
  const known = SYNTAX.find(({ pattern }) => pattern.test(`${error.code}: ${error.message}`));
  if (known) {
    const [, part] = known.part?.exec(text.slice(error.pos[0])) ?? known.pattern.exec(error.message) ?? [];
    return { severity, code: known.code, message: say(known.code as 'yaml-start', { part: part ?? '' }), ...place };
  }
  const sentence = error.message.replace(/\s+/g, ' ').replace(/[.:]$/, '');
  return { severity, code: 'yaml', message: say('yaml', { reason: sentence }), ...place };
}

/** So much of a key is looked at, in UTF-16 units. */
const LONGEST_KEY = 300;

interface SyntaxSentence {
  readonly code: StudyFileCode;
  /** Of the code and the words of the `yaml` library, which are English and speak of its own terms. */
  readonly pattern: RegExp;
  /** What the sentence names, at the place of the error. */
  readonly part?: RegExp;
}

const SYNTAX: readonly SyntaxSentence[] = [
  { code: 'yaml-quote', pattern: /Missing closing/ },
  { code: 'yaml-bracket', pattern: /end with a (\S)|Expected flow .{0,80} to end with (\S)/ },
  { code: 'yaml-dash', pattern: /block-seq-ind on same line|must start on a new line/i },
  { code: 'yaml-indent', pattern: /^BAD_INDENT/ },
  { code: 'yaml-nested', pattern: /^BLOCK_AS_IMPLICIT_KEY/ },
  { code: 'yaml-comma', pattern: /^BLOCK_IN_FLOW|Missing , / },
  { code: 'yaml-colon', pattern: /^MULTILINE_IMPLICIT_KEY|Implicit map keys|Missing space after :/ },
  { code: 'yaml-start', pattern: /^BAD_SCALAR_START/, part: /^(.)/u },
  { code: 'yaml-escape', pattern: /^BAD_DQ_ESCAPE/, part: /^(\\.?)/u },
  { code: 'yaml-documents', pattern: /^MULTIPLE_DOCS/ },
];

/** The value of the last `command:` before or on the line of an error, when it has a placeholder and no quotes. */
function unquotedCommand(text: string, errorAt: number): Span | null {
  const lineEnd = text.indexOf('\n', errorAt);
  const before = text.slice(0, lineEnd < 0 ? text.length : lineEnd);
  const key = [...before.matchAll(/(?:^|[\s{,])command:[ \t]+(?=[^\s"'|>[])/g)].at(-1);
  if (!key) return null;
  const start = key.index + key[0].length;
  const end = start + plainValueLength(text.slice(start), before.slice(before.lastIndexOf('\n', start) + 1, start));
  return /\{[\p{L}_][^{}\s]*\}/u.test(text.slice(start, end)) ? { start, end } : null;
}

/** Up to the end of the line; inside `{ … }`, up to the comma or brace that ends the entry. */
function plainValueLength(rest: string, lineBefore: string): number {
  const line =
    rest
      .split('\n', 1)[0]
      ?.replace(/\s#[\s\S]*/, '')
      .trimEnd() ?? '';
  if (!lineBefore.includes('{')) return line.length;
  let depth = 0;
  for (let index = 0; index < line.length; index++) {
    const char = line[index];
    if (char === '{') depth++;
    if (char === '}' && --depth < 0) return line.slice(0, index).trimEnd().length;
    if (char === ',' && depth === 0 && /^,\s*\w+:\s/.test(line.slice(index))) return index;
  }
  return line.length;
}

function quoted(value: string): string {
  return value.includes("'") ? JSON.stringify(value) : `'${value}'`;
}
