import { stringify } from 'yaml';
import type { DraftStudyFile, DraftStudyFileParams } from '../../protocol/editor.ts';
import { printYaml } from '../config/yamlFile.ts';
import { JavaScriptFile } from '../javascript/javaScriptFile.ts';
import { openCodeFile } from '../openCodeFile.ts';
import { PythonFile } from '../python/pythonFile.ts';
import type { CodeFile } from '../sites.ts';
import { javaScriptArgv, pythonArgv } from './argvArguments.ts';
import { type CommandPart, commandLine } from './commandLine.ts';
import { dataclassArguments } from './dataclassArguments.ts';
import { guessMetric, type MetricGuess, unreadMetric } from './guessMetric.ts';
import { javaScriptArguments } from './javaScriptArguments.ts';
import { notebookCode } from './notebookCode.ts';
import { type Proposal, printDistribution, proposeRange } from './proposeRange.ts';
import { argparseArguments } from './pythonArguments.ts';
import { functionArguments } from './pythonFunctions.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/**
 * A study file for a script that has none, from the arguments that its source declares; nothing is run. An Optuna
 * script needs no study file and gets none.
 */
export function draftStudyFile(params: DraftStudyFileParams): DraftStudyFile {
  const isNotebook = /\.ipynb$/i.test(params.scriptPath);
  const text = isNotebook ? notebookCode(params.text) : params.text;
  const file = openCodeFile(isNotebook ? 'python' : params.languageId, text);
  if (isOptunaScript(file)) return { kind: 'optuna', text: null, check: [] };
  if (isNotebook) {
    const check = [
      'A notebook is run only if it uses Optuna: save the code as a script with arguments for a study file.',
    ];
    return { kind: 'plain', text: null, check };
  }
  const script = readScript(file);
  const entries = script.arguments.map((argument) => ({ argument, proposal: proposeRange(argument) }));
  const draft = new Draft({ ...params, text }, script, entries);
  return { kind: script.arguments.length > 0 ? 'arguments' : 'plain', text: draft.text(), check: draft.checks() };
}

/** Whether a script runs an Optuna study itself. */
export function isOptunaScript(file: CodeFile | null): boolean {
  if (!(file instanceof PythonFile)) return false;
  if (file.anchors.some((anchor) => anchor.kind === 'search')) return true;
  const importsOptuna = /^\s*(from\s+optuna\b|import\b[^#\n]*\boptuna\b)/m.test(file.text);
  return importsOptuna && file.anchors.some((anchor) => anchor.kind === 'optimize');
}

function readScript(file: CodeFile | null): ScriptArguments {
  const sources: ScriptArguments[] =
    file instanceof PythonFile
      ? [argparseArguments(file), dataclassArguments(file), functionArguments(file), pythonArgv(file)]
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
  readonly #source: string;
  readonly #metric: MetricGuess | null;

  constructor(params: DraftStudyFileParams, script: ScriptArguments, entries: readonly Entry[]) {
    this.#params = params;
    this.#script = script;
    this.#entries = entries;
    this.#source = params.text;
    this.#metric = guessMetric(params.text);
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
    const metric = this.#metric;
    const lines = [
      `# Drafted by Tuneboard from ${oneLine(script)}: check it, then start the study.`,
      `name: ${scalar(studyName(script))}`,
      `direction: ${metric?.direction ?? 'maximize'} # ${this.#directionNote()}`,
      `metric: ${scalar(metric?.name ?? 'accuracy')} # ${this.#metricNote(script)}`,
      'objective:',
      `  command: ${scalar(this.#command())}`,
      'space:',
      ...this.#spaceLines(),
      'budget: { trials: 30 }',
    ];
    return `${lines.join('\n')}\n`;
  }

  checks(): string[] {
    const checks: string[] = [];
    const { length } = this.#searched;
    if (length > 0) {
      checks.push(
        `Check the range of ${length === 1 ? 'the parameter' : `each of the ${length} parameters`} under \`space\`.`,
      );
    } else
      checks.push('No argument with a range was found: write the search space, and read the values in the script.');
    const unread = this.#metric ? null : unreadMetric(this.#source);
    if (unread) {
      const name = unread.toLowerCase().replaceAll(' ', '_');
      checks.push(
        `The script prints \`${unread}: …\`, which is not read: print \`${name}=…\` and name it under \`metric\`.`,
      );
    } else if (!this.#metric) {
      checks.push('No printed metric was found: print a line such as `accuracy=0.93` and name it under `metric`.');
    } else if (!this.#metric.isDirectionSure) {
      checks.push(`Check \`direction\`: the name ${this.#metric.name} does not say whether more is better.`);
    } else if (this.#metric.seen.length > 1) {
      checks.push(`Check \`metric\`: the script also prints ${this.#others().join(', ')}.`);
    }
    const needed = this.#needed.map((argument) => argument.name.toUpperCase());
    if (needed.length > 0)
      checks.push(
        `Replace ${needed.join(', ')} in the command: the script needs ${needed.length === 1 ? 'it' : 'them'}.`,
      );
    const { subcommand, otherSubcommands } = this.#script;
    if (subcommand && otherSubcommands.length > 0) {
      checks.push(`The draft runs the subcommand ${subcommand}; the script also has ${otherSubcommands.join(', ')}.`);
    }
    return checks;
  }

  #others(): string[] {
    return (this.#metric?.seen ?? []).filter((name) => name !== this.#metric?.name);
  }

  #directionNote(): string {
    if (!this.#metric) return 'or minimize';
    return this.#metric.isDirectionSure
      ? 'guessed from the name of the metric'
      : 'a guess: check whether less is better';
  }

  #metricNote(script: string): string {
    if (!this.#metric) return `nothing of the form accuracy=0.93 is printed by ${oneLine(script)} yet`;
    const others = this.#others();
    return others.length === 0 ? 'as the script prints it' : `also printed: ${others.map(oneLine).join(', ')}`;
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
    const name = argument.switch && !argument.switch.off ? flagParameter(argument) : parameterName(argument);
    return { argument, placeholder: `{${name}}`, mayBeNegative };
  }

  #spaceLines(): string[] {
    const lines = this.#entries.flatMap(({ argument, proposal }) => {
      if (proposal.type === 'parameter') return parameterLines(argument, proposal);
      const initial = argument.initial ? ` (default ${oneLine(printYaml(argument.initial.value))})` : '';
      const left = proposal.type === 'fixed' ? `kept as it is${initial}` : 'left out';
      return [`  # ${oneLine(argument.name)}: ${left}: ${proposal.why}`];
    });
    if (this.#searched.length > 0) return lines;
    return [
      ...lines,
      '  # An example: read it in the script from the environment variable TUNEBOARD_PARAMS (JSON), or as an argument',
      '  # by adding it to the command, as in --learning_rate {learning_rate}.',
      '  learning_rate: { type: float, low: 1.0e-4, high: 1.0e-1, log: true }',
    ];
  }
}

function parameterLines(argument: ScriptArgument, proposal: Extract<Proposal, { type: 'parameter' }>): string[] {
  const name = parameterName(argument);
  const initial = argument.initial ? ` # default ${oneLine(printYaml(argument.initial.value))}` : '';
  const flags = argument.switch;
  if (flags?.off) {
    return [
      `  ${name}: { type: categorical, choices: [${[flags.on, flags.off].map((one) => JSON.stringify(one)).join(', ')}] }`,
    ];
  }
  const line = `  ${name}: ${printDistribution(proposal.distribution)}${initial}`;
  if (!flags) return [line];
  const flag = `{ type: categorical, choices: [${JSON.stringify(flags.on)}], when: { ${name}: true } }`;
  return [line, `  ${flagParameter(argument)}: ${flag} # the switch, left out while ${name} is false`];
}

/** A name that can be a placeholder. */
function parameterName({ name }: ScriptArgument): string {
  const safe = name.replace(/[^\p{L}\p{N}_./-]/gu, '_');
  return /^[\p{L}_]/u.test(safe) ? safe : `_${safe}`;
}

function flagParameter(argument: ScriptArgument): string {
  return `${parameterName(argument)}_flag`;
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
