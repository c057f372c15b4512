import { type Document, isScalar } from 'yaml';
import { oneLine } from '../../core/text/printable.ts';
import type { StudyFileProblem } from '../checks/problems.ts';
import { asRecord, type Raw } from '../checks/report.ts';
import { isWandbMacro } from '../commandLine.ts';
import { readYaml, toPlain } from '../editing/document.ts';
import { type Path, spanOf } from '../editing/positions.ts';
import { type Say, sayIn, sentenceIn } from '../say.ts';
import { isRecord, printedRange, printedValue, type Range, type SweepProblem, sweepEntry } from './ranges.ts';

/** What a W&B sweep's definition becomes. */
export interface SweepStudy {
  /** The text of a study file; null where the sweep cannot run here. */
  readonly text: string | null;
  /** Their places are in the sweep's own text. */
  readonly problems: readonly StudyFileProblem[];
  /** What was left out or read in another way than W&B does, a sentence each. */
  readonly notes: readonly string[];
}

/** A sweep's definition as its keys say: what is named there is W&B's ("Sweep configuration options"). */
export interface SweepSource {
  readonly raw: Raw;
  /** Whether the whole number at a path was written as a float. */
  readonly isFloat: (path: Path) => boolean;
  readonly span: (path: Path) => { readonly start: number; readonly end: number };
}

export interface SweepOptions {
  /** For the study's name, where the sweep has none. */
  readonly fileName: string;
  /** The program, where the definition is in the code that it runs. */
  readonly program?: string;
  readonly locale?: string;
}

const METHODS: Readonly<Record<string, string>> = { grid: 'grid', random: 'random', bayes: 'auto' };

/** What a command has where a sweep gives none; `/usr/bin/env` and the interpreter are found by the launch. */
const DEFAULT_COMMAND = [`\${interpreter}`, `\${program}`, `\${args}`];

/** More parameters, nested ones included, than any sweep has. */
const MOST_PARAMETERS = 2000;
const MOST_LEVELS = 20;

/** Reads `sweep.yaml`. Never throws. */
export function sweepStudyOf(text: string, options: SweepOptions): SweepStudy {
  const say = sayIn(options.locale);
  // W&B reads it with PyYAML, to which `on` is true and `1e-3` is a word: numbers are read as they are meant.
  const document = readYaml(text, '1.1');
  const raw = document.errors.length > 0 ? null : toPlain(document);
  if (!isRecord(raw)) {
    const [error] = document.errors;
    const reason = error?.message ?? (raw instanceof Error ? raw.message : '');
    const [start, end] = error?.pos ?? [0, 0];
    return failed({ severity: 'error', code: 'unreadable', message: say('unreadable', { reason }), start, end });
  }
  return sweepStudy(
    { raw, isFloat: (path) => isFloatAt(document, path), span: (path) => spanOf(document, path) },
    options,
  );
}

/** The study file of a sweep's definition, wherever it was written. */
export function sweepStudy(source: SweepSource, options: SweepOptions): SweepStudy {
  return new Conversion(source, options).study();
}

class Conversion {
  readonly #source: SweepSource;
  readonly #options: SweepOptions;
  readonly #say: Say;
  readonly #problems: StudyFileProblem[] = [];
  readonly #notes: string[] = [];
  readonly #space = new Map<string, Range>();

  constructor(source: SweepSource, options: SweepOptions) {
    this.#source = source;
    this.#options = options;
    this.#say = sayIn(options.locale);
  }

  study(): SweepStudy {
    const { raw } = this.#source;
    const parameters = raw['parameters'];
    const config = isRecord(parameters) ? this.#entries(parameters, ['parameters'], '', 0) : {};
    if (this.#space.size === 0 && this.#problems.length === 0) this.#problem('sweep-bad-space', ['parameters']);
    const objective = this.#objectiveLines(config);
    const method = METHODS[String(raw['method'])];
    if (method === undefined) this.#problem('sweep-bad-method', ['method']);
    if (method === 'grid') this.#checkGrid();
    const metric = this.#metricLines();
    const [budget, pruner] = [this.#budgetLine(method), this.#prunerLine()];
    if (this.#problems.length > 0) return { text: null, problems: this.#problems, notes: this.#notes };
    const lines = [
      `# ${this.#say('sweep-head', { file: oneLine(this.#options.fileName) })}`,
      ...this.#notes.map((note) => `# ${oneLine(note)}`),
      `name: ${printedValue(this.#name())}`,
      ...metric,
      'objective:',
      ...objective,
      'space:',
      ...[...this.#space].map(([name, range]) => `  ${printedValue(name)}: ${printedRange(range)}`),
      `sampler: ${method}`,
      ...pruner,
      ...budget,
    ];
    return { text: `${lines.join('\n')}\n`, problems: [], notes: this.#notes };
  }

  #name(): string {
    const { name } = this.#source.raw;
    if (typeof name === 'string' && name.trim() !== '') return oneLine(name);
    return this.#options.fileName.replace(/\.[^.]+$/, '') || 'sweep';
  }

  /** Reads a level of parameters; what it returns is `wandb.config` with a placeholder where a trial's value belongs. */
  #entries(parameters: Raw, path: Path, prefix: string, level: number): Record<string, unknown> {
    const config: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, raw] of Object.entries(parameters)) {
      const place = [...path, key];
      const entry = isRecord(raw)
        ? sweepEntry(raw, (one) => this.#source.isFloat([...place, one]))
        : ({ kind: 'problem', code: 'sweep-bad-range' } as const);
      const name = parameterName(prefix + key);
      if (this.#space.size >= MOST_PARAMETERS || level > MOST_LEVELS) {
        this.#problem('sweep-bad-count', place);
        break;
      }
      if (entry.kind === 'problem') this.#problem(entry.code, place, prefix + key);
      else if (entry.kind === 'constant') config[key] = escaped(entry.value);
      else if (entry.kind === 'nested') {
        config[key] = this.#entries(entry.entries, [...place, 'parameters'], `${prefix}${key}.`, level + 1);
      } else if (this.#space.has(name)) this.#problem('sweep-bad-name', place, name);
      else {
        this.#space.set(name, entry.range);
        config[key] = `{${name}}`;
        if (entry.note) this.#note(entry.note, { name });
      }
    }
    return config;
  }

  #objectiveLines(config: Readonly<Record<string, unknown>>): string[] {
    const { raw } = this.#source;
    const program = this.#options.program ?? raw['program'];
    const words = Array.isArray(raw['command']) && raw['command'].length > 0 ? raw['command'] : DEFAULT_COMMAND;
    if (words.includes(`\${program}`) && (typeof program !== 'string' || program.trim() === '')) {
      this.#problem('sweep-bad-program', [raw['program'] === undefined ? 'method' : 'program']);
    }
    const command = words
      .map(String)
      .filter((word) => !/^\$\{(?!interpreter\}|program\})[a-z_]+\}$/.test(word) || isWandbMacro(word))
      .map((word) => {
        if (word === `\${interpreter}`) return 'python';
        return word === `\${program}` ? braced(String(program)) : isWandbMacro(word) ? word : braced(word);
      });
    const isPlain = Object.entries(config).every(([key, value]) => value === `{${key}}`);
    return [
      `  command: ${command.every((word) => /^[\w./:=$@{}-]+$/.test(word)) ? command.join(' ') : printedValue(command)}`,
      `  wandb: ${isPlain ? 'true' : printedValue(config)}`,
    ];
  }

  #metricLines(): string[] {
    const metric = asRecord(this.#source.raw['metric']);
    const { name, goal = 'minimize', target } = metric;
    if (target !== undefined) this.#note('sweep-note-target', { target: String(target) });
    if (typeof name !== 'string' || name === '') return [];
    if (goal !== 'minimize' && goal !== 'maximize') this.#problem('sweep-bad-goal', ['metric', 'goal']);
    return [`direction: ${goal}`, `metric: ${printedValue(name)}`];
  }

  #checkGrid(): void {
    for (const [name, range] of this.#space) {
      if (range.type === 'float' && range.step === undefined)
        this.#problem('sweep-bad-grid', this.#placeOf(name), name);
    }
  }

  #placeOf(name: string): Path {
    return ['parameters', ...name.split('.').flatMap((part, at) => (at === 0 ? [part] : ['parameters', part]))];
  }

  /** W&B goes on until it is stopped; a grid ends by itself. */
  #budgetLine(method: string | undefined): string[] {
    const cap = this.#source.raw['run_cap'];
    if (typeof cap === 'number' && Number.isInteger(cap) && cap > 0) return [`budget: { trials: ${cap} }`];
    if (cap !== undefined) this.#problem('sweep-bad-cap', ['run_cap']);
    if (method !== 'grid') {
      this.#note('sweep-note-cap', { count: 100 });
      return ['budget: { trials: 100 }'];
    }
    const points = [...this.#space].reduce((product, [, range]) => product * sizeOf(range), 1);
    return Number.isSafeInteger(points) ? [`budget: { trials: ${points} }`] : [];
  }

  /** W&B's `hyperband` compares runs at the steps min_iter * eta^k, or max_iter / eta^k for k up to s, and never resumes one. */
  #prunerLine(): string[] {
    const early = this.#source.raw['early_terminate'];
    if (early === undefined || early === null) return ['pruner: none'];
    const { type, min_iter: least, max_iter: most, s, eta = 3 } = asRecord(early);
    const factor = typeof eta === 'number' && eta >= 2 ? Math.round(eta) : Number.NaN;
    const first =
      typeof least === 'number'
        ? least
        : typeof most === 'number'
          ? Math.floor(most / factor ** (typeof s === 'number' ? s : 1))
          : Number.NaN;
    if (type !== 'hyperband' || !Number.isFinite(first) || !Number.isFinite(factor)) {
      this.#problem('sweep-bad-stop', ['early_terminate']);
    }
    if (asRecord(this.#source.raw['metric'])['name'] === undefined)
      this.#problem('sweep-bad-metric', ['early_terminate']);
    return [
      `pruner: { type: successive_halving, min_resource: ${Math.max(1, Math.round(first))}, reduction_factor: ${factor} }`,
    ];
  }

  #problem(code: SweepProblem, path: Path, name = ''): void {
    const message = sentenceIn(this.#say, [code, { name }] as never);
    this.#problems.push({ severity: 'error', code, message, ...this.#source.span(path) });
  }

  #note(
    code: 'sweep-note-bounds' | 'sweep-note-probabilities' | 'sweep-note-target' | 'sweep-note-cap',
    values: object,
  ) {
    this.#notes.push(sentenceIn(this.#say, [code, values] as never));
  }
}

function failed(problem: StudyFileProblem): SweepStudy {
  return { text: null, problems: [problem], notes: [] };
}

function sizeOf(range: Range): number {
  return range.type === 'categorical'
    ? range.choices.length
    : Math.round((range.high - range.low) / (range.step ?? 1)) + 1;
}

/** Text in which braces are no placeholders. */
function braced(text: string): string {
  return text.replaceAll('{', '{{').replaceAll('}', '}}');
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return braced(value);
  if (Array.isArray(value)) return value.map(escaped);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, escaped(one)])) : value;
}

/** A name that can be a placeholder. */
function parameterName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}_./-]/gu, '_');
  return /^[\p{L}_]/u.test(safe) ? safe : `_${safe}`;
}

function isFloatAt(document: Document, path: Path): boolean {
  const node = document.getIn(path, true);
  return isScalar(node) && /[.eE]/.test(node.source ?? '');
}
