import type { Document } from 'yaml';
import { closest } from './closest.ts';
import { placeholdersIn, splitCommandLine } from './commandLine.ts';
import { type Path, type Span, spanOf } from './positions.ts';
import type { StudyFileProblem } from './problems.ts';
import { checkSpace } from './spaceChecks.ts';

/** A record as YAML gives it, before anything is known about it. */
export type Raw = Readonly<Record<string, unknown>>;

export type Report = (code: string, path: Path, message: string, options?: ReportOptions) => void;

interface ReportOptions {
  readonly part?: 'key' | 'value';
  readonly severity?: 'error' | 'warning';
  readonly fix?: StudyFileProblem['fix'];
}

export function asRecord(value: unknown): Raw {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : {};
}

/**
 * The rules that span several keys. Works on a file that the schema refuses too, so that everything wrong is found at
 * once; what the schema has said already is passed over here.
 */
export function checkStudyFile(document: Document, source: string, raw: unknown): StudyFileProblem[] {
  const problems: StudyFileProblem[] = [];
  const report: Report = (code, path, message, { part = 'value', severity = 'error', fix } = {}) => {
    problems.push({ severity, code, message, ...spanOf(document, path, part), ...(fix ? { fix } : {}) });
  };
  const file = asRecord(raw);
  checkObjectives(file, report);
  checkObjective(file, report);
  checkSpace(file, report);
  checkPlaceholders(document, source, file, problems, report);
  checkSampler(file, report);
  checkStorage(file, report);
  return problems;
}

function checkObjectives(file: Raw, report: Report): void {
  const pairs = [
    ['direction', 'directions'],
    ['metric', 'metrics'],
  ] as const;
  for (const [one, many] of pairs) {
    if (file[one] !== undefined && file[many] !== undefined) {
      report('both-keys', [many], `Write either \`${one}\` or \`${many}\`, not both.`, { part: 'key' });
    }
  }
  const directions = Array.isArray(file['directions']) ? file['directions'].length : 1;
  const metrics = Array.isArray(file['metrics']) ? file['metrics'].length : file['metric'] === undefined ? 0 : 1;
  const isCommand = asRecord(file['objective'])['command'] !== undefined;
  if (metrics === 0 && isCommand) {
    const message =
      'The metric is missing; write `metric:` with the name that the command prints, as in `accuracy=0.91`.';
    report('missing-metric', ['objective'], message, { part: 'key' });
  } else if (metrics > 0 && metrics !== directions) {
    const message = `There ${metrics === 1 ? 'is 1 metric' : `are ${metrics} metrics`} and ${directions} direction${directions === 1 ? '' : 's'}; write one direction a metric.`;
    report('metric-count', [file['directions'] === undefined ? 'metrics' : 'directions'], message);
  }
  if (Array.isArray(file['metrics']) && new Set(file['metrics']).size < file['metrics'].length) {
    report('duplicate-metric', ['metrics'], 'A metric is listed twice; write each once.');
  }
}

const NOT_YET: Readonly<Record<string, string>> = {
  module: 'A `module` objective is not supported yet; run it as a program: `command: node objective.js`.',
  trainer: 'The built-in trainer is not part of this version; run your training script with `command:`.',
};

const COMMAND_ONLY = ['shell', 'cwd', 'env', 'config', 'timeout'];
const OPTUNA_ONLY = ['args', 'attach', 'python'];

function checkObjective(file: Raw, report: Report): void {
  const objective = asRecord(file['objective']);
  if (file['objective'] === undefined || Object.keys(objective).length === 0) return;
  for (const [key, message] of Object.entries(NOT_YET)) {
    if (objective[key] !== undefined) report('not-yet', ['objective', key], message, { part: 'key' });
  }
  const kinds = ['command', 'optuna', 'module', 'trainer'].filter((kind) => objective[kind] !== undefined);
  if (kinds.length === 0) {
    const message =
      'The objective says nothing to run; write `command: python train.py --lr {lr}` or `optuna: script.py`.';
    report('no-objective', ['objective'], message, { part: 'key' });
  } else if (kinds.length > 1) {
    const message = `The objective has ${kinds.join(' and ')}; write exactly one of them.`;
    report('two-objectives', ['objective', kinds[1] as string], message, { part: 'key' });
  }
  const foreign = kinds[0] === 'command' ? OPTUNA_ONLY : kinds[0] === 'optuna' ? COMMAND_ONLY : [];
  for (const key of foreign.filter((name) => objective[name] !== undefined)) {
    report('foreign-key', ['objective', key], `\`${key}\` has no meaning for \`${kinds[0]}\`; remove it.`, {
      part: 'key',
    });
  }
  const { command } = objective;
  if (typeof command === 'string' && objective['shell'] !== true) {
    if (splitCommandLine(command) === null) {
      report('open-quote', ['objective', 'command'], 'A quote in the command is not closed; close it.');
    } else if (/(^|\s)(\||&&|\|\||>|<|;)(\s|$)/.test(command)) {
      const message =
        'The command has a pipe or redirection, which is passed on as plain text; write `shell: true` if a shell is meant.';
      report('shell-syntax', ['objective', 'command'], message, { severity: 'warning' });
    }
  }
}

function checkPlaceholders(
  document: Document,
  source: string,
  file: Raw,
  problems: StudyFileProblem[],
  report: Report,
): void {
  const objective = asRecord(file['objective']);
  const names = Object.keys(asRecord(file['space']));
  const { command } = objective;
  if (objective['optuna'] !== undefined) {
    if (names.length > 0) {
      report('foreign-space', ['space'], 'An Optuna script brings its own search space; remove `space`.', {
        part: 'key',
        severity: 'warning',
      });
    }
    return;
  }
  if (command === undefined) return;
  if (names.length === 0) {
    const message =
      'The search space is empty; write `space:` with a line such as `lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }`.';
    report('empty-space', [file['space'] === undefined ? 'objective' : 'space'], message, { part: 'key' });
  }
  const parts: [Path, string][] = Array.isArray(command)
    ? command.map((word, index) => [['objective', 'command', index], String(word)])
    : [[['objective', 'command'], String(command)]];
  const hasConfig = objective['config'] !== undefined;
  const used = new Set<string>();
  for (const [path, text] of parts) {
    for (const placeholder of placeholdersIn(text)) {
      used.add(placeholder.name);
      if (names.includes(placeholder.name) || (hasConfig && placeholder.name === 'config')) continue;
      problems.push(unknownPlaceholder(source, spanOf(document, path), placeholder.name, names));
    }
  }
  // Without any placeholder the program reads TUNEBOARD_PARAMS, uses the client or gets a config file.
  if (hasConfig || ![...used].some((name) => names.includes(name))) return;
  // A parameter that others wait for decides whether they appear.
  const space = Object.values(asRecord(file['space']));
  for (const parameter of space)
    for (const parent of Object.keys(asRecord(asRecord(parameter)['when']))) used.add(parent);
  for (const name of names.filter((one) => !used.has(one))) {
    const message = `Parameter "${name}" does not appear in the command; add \`{${name}}\` to it unless the program reads TUNEBOARD_PARAMS.`;
    report('unused-parameter', ['space', name], message, { part: 'key', severity: 'warning' });
  }
}

/** Points at the placeholder itself, found again in the source since quoting may have changed its place. */
function unknownPlaceholder(source: string, scalar: Span, name: string, names: readonly string[]): StudyFileProblem {
  const offset = source.indexOf(`{${name}}`, scalar.start);
  const isInside = offset >= 0 && offset < scalar.end;
  const span = isInside ? { start: offset, end: offset + name.length + 2 } : scalar;
  const guess = closest(name, names);
  const message = guess
    ? `The command uses {${name}}, which is no parameter; write {${guess}}.`
    : `The command uses {${name}}, which is no parameter; add it to \`space\`, or write {{${name}}} for the text itself.`;
  const fix = guess && isInside ? { fix: { title: `Change to {${guess}}`, newText: `{${guess}}` } } : {};
  return { severity: 'error', code: 'unknown-placeholder', message, ...span, ...fix };
}

function checkSampler(file: Raw, report: Report): void {
  const sampler = asRecord(file['sampler']);
  const type = typeof file['sampler'] === 'string' ? file['sampler'] : sampler['type'];
  if (type === 'random' || type === 'grid') {
    for (const key of Object.keys(sampler).filter((name) => name !== 'type' && name !== 'seed')) {
      report('foreign-key', ['sampler', key], `\`${key}\` has no meaning for the ${type} sampler; remove it.`, {
        part: 'key',
        severity: 'warning',
      });
    }
  }
  if (type === 'grid') {
    for (const [name, value] of Object.entries(asRecord(file['space']))) {
      const parameter = asRecord(value);
      if (parameter['type'] !== 'float' || parameter['step'] !== undefined) continue;
      report(
        'grid-continuous',
        ['space', name],
        `The grid sampler needs a finite range for "${name}"; write \`step:\`, or list the values as categorical choices.`,
        { part: 'key' },
      );
    }
  }
  const pruner = asRecord(file['pruner']);
  const prunerType = typeof file['pruner'] === 'string' ? file['pruner'] : pruner['type'];
  const isMulti = Array.isArray(file['directions']) && file['directions'].length > 1;
  if (isMulti && (prunerType === 'median' || prunerType === 'percentile')) {
    report(
      'pruner-objectives',
      ['pruner'],
      'Trials with several objectives cannot be pruned; write `pruner: none`, or one objective.',
    );
  }
  if (pruner['percentile'] !== undefined && prunerType !== 'percentile') {
    report(
      'foreign-key',
      ['pruner', 'percentile'],
      '`percentile` belongs to the percentile pruner; write `type: percentile`, or remove it.',
      { part: 'key' },
    );
  }
}

function checkStorage(file: Raw, report: Report): void {
  const { storage } = file;
  if (typeof storage !== 'string') return;
  if (
    /^(sqlite|postgresql|postgres|mysql|mariadb|redis)(\+\w+)?:\/\//i.test(storage) ||
    /\.(db|sqlite3?)$/i.test(storage)
  ) {
    const message =
      'Studies are written to journal files in this version; databases can be opened and watched. Write `storage: journal`.';
    report('storage-kind', ['storage'], message, { fix: { title: 'Change to "journal"', newText: 'journal' } });
  }
}
