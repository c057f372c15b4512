import { stringify } from 'yaml';
import type { DraftStudyFile, DraftStudyFileParams } from '../../protocol/editor.ts';
import { printYaml } from '../config/yamlFile.ts';
import type { CodeFile } from '../insertion/sites.ts';
import { JavaScriptFile } from '../javascript/javaScriptFile.ts';
import { openCodeFile } from '../openCodeFile.ts';
import { PythonFile } from '../python/pythonFile.ts';
import { type Say, sayIn } from '../say.ts';
import { type CommandPart, commandLine } from './commandLine.ts';
import { dataclassArguments } from './dataclassArguments.ts';
import { directionOf, guessMetric, type MetricGuess } from './guessMetric.ts';
import { hydraArguments, omegaConfArguments, type ReadBeside } from './hydraArguments.ts';
import { javaScriptArguments } from './javaScriptArguments.ts';
import { jsonargparseArguments } from './jsonargparseArguments.ts';
import { lightningArguments } from './lightningArguments.ts';
import { type Proposal, printDistribution, proposeRange } from './proposeRange.ts';
import { argparseArguments } from './pythonArguments.ts';
import { functionArguments } from './pythonFunctions.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

const PYTHON = /(?<!\w)([A-Za-z_]\w*)\s*(?::\s*\w+\s*)?=\s*(?:(float|int|str|Path)\s*\(\s*)?(?:sys\.)?argv\[(\d+)\]/g;

const JAVASCRIPT =
  /(?<![\w$])([A-Za-z_$][\w$]*)\s*(?::\s*\w+\s*)?=\s*(?:(Number|Number\.parseFloat|Number\.parseInt|parseFloat|parseInt|\+)\s*(?:\(\s*)?)?process\.argv\[(\d+)\]/g;

/**
 * A study file for a script that has none, from the arguments that its source declares; nothing is run. An Optuna
 * script needs no study file and gets none. `readBeside` is asked for the configuration of a script that uses Hydra.
 */
export function draftStudyFile(
  params: DraftStudyFileParams,
  say: Say = sayIn(undefined),
  readBeside: ReadBeside = () => null,
): DraftStudyFile {
  const isNotebook = /\.ipynb$/i.test(params.scriptPath);
  const text = isNotebook ? notebookCode(params.text) : params.text;
  const file = openCodeFile(isNotebook ? 'python' : params.languageId, text);
  if (isOptunaScript(file)) return { kind: 'optuna', text: null, check: [] };
  if (isNotebook) {
    return { kind: 'plain', text: null, check: [], why: say('checkNotebook') };
  }
  const script = readScript(file, readBeside);
  const entries = script.arguments.map((argument) => ({ argument, proposal: proposeRange(argument) }));
  const draft = new Draft({ ...params, text }, script, entries, say);
  const made = { text: draft.text(), check: draft.checks() };
  if (script.arguments.length > 0) return { kind: 'arguments', ...made };
  const why = hasOnlyObjective(file)
    ? { why: say('noStudyOfObjective', { scriptPath: basename(params.scriptPath) }) }
    : {};
  return { kind: 'plain', ...made, ...why };
}

/** Whether a script runs an Optuna study itself. */
export function isOptunaScript(file: CodeFile | null): boolean {
  if (!(file instanceof PythonFile)) return false;
  if (file.anchors.some((anchor) => anchor.kind === 'search')) return true;
  return importsOptuna(file) && file.anchors.some((anchor) => anchor.kind === 'optimize');
}

/** Whether a script has an objective for Optuna and leaves the study to another file. */
function hasOnlyObjective(file: CodeFile | null): boolean {
  return file instanceof PythonFile && importsOptuna(file) && file.anchors.some(({ kind }) => kind === 'objective');
}

function importsOptuna({ text }: PythonFile): boolean {
  return /^[ \t]*(from\s+optuna\b|import\b[^#\n]*\boptuna\b)/m.test(text);
}

function readScript(file: CodeFile | null, readBeside: ReadBeside): ScriptArguments {
  const sources: ScriptArguments[] =
    file instanceof PythonFile
      ? [
          dataclassArguments(file),
          lightningArguments(file, readBeside),
          argparseArguments(file),
          jsonargparseArguments(file),
          functionArguments(file),
          hydraArguments(file, readBeside),
          omegaConfArguments(file, readBeside),
          pythonArgv(file),
        ]
      : file instanceof JavaScriptFile
        ? [javaScriptArguments(file), javaScriptArgv(file.text)]
        : [];
  return sources.find((source) => source.arguments.length > 0) ?? NO_ARGUMENTS;
}

interface Entry {
  readonly argument: ScriptArgument;
  readonly proposal: Proposal;
}

const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  python: ['python'],
  javascript: ['node'],
  javascriptreact: ['node'],
  typescript: ['node'],
  typescriptreact: ['node'],
  shellscript: ['sh'],
  r: ['Rscript'],
  julia: ['julia'],
  ruby: ['ruby'],
  perl: ['perl'],
};

/** Writes one draft: the study file's text, and the sentences that say what to check. */
class Draft {
  readonly #params: DraftStudyFileParams;
  readonly #script: ScriptArguments;
  readonly #entries: readonly Entry[];
  readonly #metric: MetricGuess | null;
  readonly #say: Say;

  constructor(params: DraftStudyFileParams, script: ScriptArguments, entries: readonly Entry[], say: Say) {
    this.#say = say;
    this.#params = params;
    this.#script = script;
    this.#entries = entries;
    this.#metric = guessMetric(bodyOf(script.runs ?? script.subcommand, params.text)) ?? guessMetric(params.text);
  }

  get #searched(): Entry[] {
    return this.#entries.filter(({ proposal }) => proposal.type === 'parameter');
  }

  /** Arguments that are not searched but that the script refuses to start without. */
  get #needed(): ScriptArgument[] {
    return this.#entries
      .filter(({ argument, proposal }) => argument.required && proposal.type !== 'parameter')
      .map(({ argument }) => argument);
  }

  text(): string {
    const script = basename(this.#params.scriptPath);
    const metric = this.#metric?.name ?? 'accuracy';
    const { direction } = this.#metric ?? directionOf(metric);
    const lines = [
      `# ${this.#say('draftHead', { script: oneLine(script) })}`,
      `name: ${scalar(studyName(script))}`,
      `direction: ${direction} # ${this.#directionNote()}`,
      `metric: ${scalar(metric)} # ${this.#metricNote(script, metric)}`,
      'objective:',
      `  command: ${scalar(this.#command())}`,
      'space:',
      ...this.#spaceLines(),
      'budget: { trials: 30 }',
      ...moreKeys(this.#say),
    ];
    return `${lines.join('\n')}\n`;
  }

  checks(): string[] {
    const { length } = this.#searched;
    const ranges = length === 0 ? 'checkNothing' : length === 1 ? 'checkRange' : 'checkRanges';
    const checks = [this.#say(ranges, { count: length }), this.#checkMetric()];
    const needed = this.#needed.map((argument) => argument.name.toUpperCase());
    if (needed.length > 0)
      checks.push(this.#say(needed.length === 1 ? 'checkNeeded' : 'checkAllNeeded', { needed: needed.join(', ') }));
    const { subcommand, otherSubcommands } = this.#script;
    if (subcommand && otherSubcommands.length > 0) {
      checks.push(this.#say('checkSubcommand', { subcommand, otherSubcommands: otherSubcommands.join(', ') }));
    }
    return checks.filter((sentence) => sentence !== null);
  }

  #checkMetric(): string | null {
    if (this.#metric) {
      if (!this.#metric.isDirectionSure) return this.#say('checkDirection', { name: this.#metric.name });
      return this.#metric.seen.length > 1 ? this.#say('checkOthers', { others: this.#others().join(', ') }) : null;
    }
    return this.#say('checkNoMetric');
  }

  #others(): string[] {
    return (this.#metric?.seen ?? []).filter((name) => name !== this.#metric?.name);
  }

  #directionNote(): string {
    if (!this.#metric) return this.#say('draftOrMinimize');
    return this.#say(this.#metric.isDirectionSure ? 'draftDirectionByName' : 'draftDirectionGuess');
  }

  #metricNote(script: string, metric: string): string {
    if (!this.#metric) return this.#say('draftNoMetric', { script: oneLine(script), metric });
    const others = this.#others();
    return others.length === 0
      ? this.#say('draftPrinted')
      : this.#say('draftPrintsAlso', { others: others.map(oneLine).join(', ') });
  }

  #command(): string {
    const parts: CommandPart[] = [];
    for (const { argument, proposal } of this.#entries) {
      if (proposal.type === 'parameter') parts.push(this.#part(argument, proposal));
      else if (argument.required) parts.push({ argument, placeholder: null, mayBeNegative: false });
    }
    const { languageId, scriptPath } = this.#params;
    const interpreter = INTERPRETERS[languageId];
    if (interpreter) return commandLine(interpreter, scriptPath, this.#script, parts);
    return commandLine([], scriptPath.includes('/') ? scriptPath : `./${scriptPath}`, this.#script, parts);
  }

  #part(argument: ScriptArgument, proposal: Extract<Proposal, { type: 'parameter' }>): CommandPart {
    const { distribution } = proposal;
    const mayBeNegative = distribution.type !== 'categorical' && distribution.low < 0;
    return { argument, placeholder: `{${parameterName(argument)}}`, mayBeNegative };
  }

  #spaceLines(): string[] {
    const lines = this.#entries.map(({ argument, proposal }) => {
      if (proposal.type === 'parameter') return this.#parameterLine(argument, proposal);
      const why = this.#say(proposal.why);
      const name = oneLine(argument.name);
      if (proposal.type === 'leftOut') return `  # ${this.#say('draftLeftOut', { name, why })}`;
      if (!argument.initial) return `  # ${this.#say('draftKept', { name, why })}`;
      return `  # ${this.#say('draftKeptAt', { name, why, value: oneLine(printYaml(argument.initial.value)) })}`;
    });
    if (this.#searched.length > 0) return lines;
    return [
      ...lines,
      `  # ${this.#say('draftExample')}`,
      `  # ${this.#say('draftExampleCommand')}`,
      '  learning_rate: { type: float, low: 1.0e-4, high: 1.0e-1, log: true }',
    ];
  }

  /** A switch is searched as the words that the command may hold: `--amp` or nothing, `--norm` or `--no-norm`. */
  #parameterLine(argument: ScriptArgument, { distribution }: Extract<Proposal, { type: 'parameter' }>): string {
    const name = parameterName(argument);
    if (argument.switch) {
      const { on, off } = argument.switch;
      const words = [on, off ?? ''].map((word) => JSON.stringify(word)).join(', ');
      return `  ${name}: { type: categorical, choices: [${words}] }${off ? '' : ` # ${this.#say('draftSwitch')}`}`;
    }
    const initial = argument.initial ? oneLine(printYaml(argument.initial.value)) : null;
    const note = initial === null ? '' : ` # ${this.#say('draftDefault', { value: initial })}`;
    return `  ${name}: ${printDistribution(distribution)}${note}`;
  }
}

/** The function of the module that is run, or that a subcommand is named after: what other subcommands print it does not. */
function bodyOf(name: string | null, text: string): string {
  if (name === null || !/^[\w-]+$/.test(name)) return '';
  const start = new RegExp(`^(?:async )?def ${name.replaceAll('-', '_')}\\(`, 'm').exec(text)?.index;
  if (start === undefined) return '';
  const body = text.slice(start);
  const end = body.slice(1).search(/\n[^\s#)\]}]/);
  return end < 0 ? body : body.slice(0, end + 1);
}

/** Keys that a study gets by without, each as a comment that only wants its mark taken away. */
function moreKeys(say: Say): string[] {
  return [
    `# ${say('draftMore')}`,
    `# sampler: auto # ${say('draftSampler')}`,
    `# pruner: median # ${say('draftPruner')}`,
    `# scheduler: { type: hyperband, max_resource: 27 } # ${say('draftScheduler')}`,
    `# constraints: [latency_over] # ${say('draftConstraints')}`,
    `# parallel: 2 # ${say('draftParallel')}`,
  ];
}

/** A name that can be a placeholder. */
function parameterName({ name }: ScriptArgument): string {
  const safe = name.replace(/[^\p{L}\p{N}_./-]/gu, '_');
  return /^[\p{L}_]/u.test(safe) ? safe : `_${safe}`;
}

function basename(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function studyName(script: string): string {
  return script.replace(/\.[^.]+$/, '') || 'study';
}

/** Text for a comment: one line, whatever it holds. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** A value as YAML on one line. */
function scalar(value: string): string {
  const text = stringify(value, { lineWidth: 0 }).trimEnd();
  return text.includes('\n') ? JSON.stringify(value) : text;
}

/** The code of a notebook's cells in order, as one module; magics and shell lines are left out. */
function notebookCode(text: string): string {
  const cells = cellsOf(text);
  return cells.map((source) => source.replace(/^[ \t]*[%!?].*$/gm, '')).join('\n\n');
}

function cellsOf(text: string): string[] {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text);
  } catch {
    // Not saved as JSON: the editor has handed over the code itself.
    return [text];
  }
  const cells = (notebook as { cells?: unknown } | null)?.cells;
  if (!Array.isArray(cells)) return [text];
  return cells.flatMap((cell: { cell_type?: unknown; source?: unknown } | null) => {
    if (cell?.cell_type !== 'code') return [];
    const { source } = cell;
    return [Array.isArray(source) ? source.join('') : String(source ?? '')];
  });
}

/** `lr = float(sys.argv[1])`: arguments by place. All places up to the last one have to be known. */
function pythonArgv(file: PythonFile): ScriptArguments {
  return byPlace(file.text, PYTHON, 1);
}

/** `const lr = Number(process.argv[2])`. */
function javaScriptArgv(text: string): ScriptArguments {
  return byPlace(text, JAVASCRIPT, 2);
}

function byPlace(text: string, pattern: RegExp, first: number): ScriptArguments {
  const places = new Map<number, ScriptArgument>();
  for (const match of text.matchAll(pattern)) {
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
    if (/#|\/\//.test(line)) continue;
    const place = Number(match[3]) - first;
    if (place < 0 || place > 50) continue;
    const type = typeOfConverter(match[2]);
    places.set(place, { name: match[1] as string, flag: null, type, initial: null, choices: null, required: true });
  }
  const count = places.size === 0 ? 0 : Math.max(...places.keys()) + 1;
  const found = Array.from({ length: count }, (_, place) => places.get(place) ?? unknown(place + first));
  return { ...NO_ARGUMENTS, arguments: found };
}

function typeOfConverter(converter: string | undefined): ScriptArgument['type'] {
  if (!converter || converter === 'str') return 'string';
  if (converter === 'Path') return 'path';
  return /int/i.test(converter) ? 'int' : 'float';
}

function unknown(place: number): ScriptArgument {
  return { name: `argument_${place}`, flag: null, type: 'string', initial: null, choices: null, required: true };
}
