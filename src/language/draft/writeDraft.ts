import { stringify } from 'yaml';
import { DEFAULT_PRUNER } from '../../core/pruners/prunerMethods.ts';
import type { ParamValue } from '../../core/space/distributions.ts';
import { oneLine } from '../../core/text/printable.ts';
import type { DraftStudyFileParams, PrintedMetric } from '../../protocol/editor.ts';
import type { Launch } from '../../protocol/launch.ts';
import { printYaml } from '../config/yamlFile.ts';
import type { Say } from '../say.ts';
import type { ScriptArgument, ScriptArguments } from './arguments/scriptArgument.ts';
import { type CommandPart, commandLine, ordered, quoteWord } from './commandLine.ts';
import type { DraftSite } from './draftSites.ts';
import { guessMetric, isTrainingLoss, type MetricGuess, usesWandb } from './guessMetric.ts';
import { commandWord, type GivenPart, launchKeys, placed, startWords } from './launchedCommand.ts';
import type { Recipes } from './matchRecipes.ts';
import type { Proposal } from './proposeArgument.ts';
import { type DraftDistribution, printDistribution } from './tunable.ts';

interface Entry {
  readonly argument: ScriptArgument;
  readonly proposal: Proposal;
}

/** What was read in a script: its arguments, or else the values in its code. */
export interface ReadScript {
  readonly script: ScriptArguments;
  readonly entries: readonly Entry[];
  readonly sites: readonly DraftSite[];
  readonly recipes: Recipes;
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

interface DraftParams extends DraftStudyFileParams {
  /** The arguments of its launch. */
  readonly parts: readonly GivenPart[];
  /** Of a configuration file: what starts the program that reads it; `{file}` is its path. */
  readonly command?: string;
}

/** Writes one draft: the study file's text, and the sentences that say what to check. */
export class Draft {
  readonly #params: DraftParams;
  readonly #script: ScriptArguments;
  readonly #entries: readonly Entry[];
  readonly #sites: readonly DraftSite[];
  readonly #recipes: Recipes;
  readonly #metric: MetricGuess | null;
  readonly #say: Say;

  constructor(params: DraftParams, { script, entries, sites, recipes }: ReadScript, say: Say) {
    this.#sites = sites;
    this.#recipes = recipes;
    this.#say = say;
    this.#params = params;
    this.#script = script;
    this.#entries = entries;
    if (params.printed) {
      this.#metric = null;
      return;
    }
    const guess = guessMetric(bodyOf(script.runs ?? script.subcommand, params.text)) ?? guessMetric(params.text);
    const known = guess && recipes.directionOf(guess.name);
    // A name that does not say which way is better may be no result at all, and beside a training loss a run may print
    // more than the source shows: the first run does.
    this.#metric =
      guess && isTrainingLoss(guess.name) && params.command === undefined
        ? null
        : guess && known
          ? { ...guess, direction: known }
          : guess?.isDirectionSure
            ? guess
            : params.command === undefined
              ? null
              : recipes.usualMetric();
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
    const lines = [
      `# ${this.#say('draftHead', { script: oneLine(script) })}`,
      ...(this.#params.launch ? launchNotes(this.#params.launch, this.#params.others ?? [], this.#say) : []).map(
        (note) => `# ${note}`,
      ),
      ...this.#recipes.used.map(({ name, source }) => `# ${this.#say('draftRecipe', { name, source })}`),
      `name: ${scalar(studyName(script))}`,
      ...this.#metricLines(),
      'objective:',
      `  command: ${scalar(this.#command())}`,
      ...(this.#params.launch ? launchKeys(this.#params.launch) : []),
      ...(usesWandb(this.#params.text) ? [`  wandb: true # ${this.#say('draftWandb')}`] : []),
      'space:',
      ...this.#spaceLines(),
      ...this.#startLines(),
      'budget: { trials: 30 }',
      ...moreKeys(this.#say, this.#metric || this.#printed ? this.#schedulerKey() : null),
    ];
    return `${lines.join('\n')}\n`;
  }

  /** The metric that a run has shown. */
  get #printed(): PrintedMetric | null {
    return this.#params.printed?.metric ?? null;
  }

  /** The training in parts, by what a recipe knows of its length. */
  #schedulerKey(): string {
    const length = this.#recipes.fidelityIn(
      this.#params.text,
      new Set([...this.#sites.map(({ name }) => name), ...this.#searched.map(({ argument }) => argument.name)]),
    );
    const most = `# scheduler: { type: hyperband, max_resource: ${length?.value ?? 27} }`;
    return `${most} # ${length ? this.#say('draftSchedulerBy', { name: length.name }) : this.#say('draftScheduler')}`;
  }

  #metricLines(): string[] {
    const { printed } = this.#params;
    if (this.#printed) {
      const { name, direction } = this.#printed;
      return [`direction: ${direction}`, `metric: ${scalar(name)} # ${this.#say('draftPrintedOnce')}`];
    }
    if (printed && printed.names.length > 0) {
      return [`# ${this.#say('draftPrintedNames', { names: printed.names.map(oneLine).join(', ') })}`];
    }
    if (!this.#metric) return [`# ${this.#say('draftNoMetric')}`];
    const { name, direction } = this.#metric;
    return [
      `direction: ${direction} # ${this.#say('draftDirectionByName')}`,
      `metric: ${scalar(name)} # ${this.#metricNote()}`,
    ];
  }

  /** The first trial has the values that the script has now. */
  #startLines(): string[] {
    const values = [
      ...this.#searched.flatMap(({ argument, proposal }) => {
        const value = proposal.type === 'parameter' ? startValue(argument, proposal.distribution) : undefined;
        return value === undefined ? [] : [`${parameterName(argument)}: ${value}`];
      }),
      ...this.#sites.map(({ name, distribution, literal }) => `${name}: ${printed(literal.value, distribution)}`),
    ];
    return values.length === 0 ? [] : [`start: [{ ${values.join(', ')} }] # ${this.#say('draftStart')}`];
  }

  checks(): string[] {
    const length = this.#searched.length + this.#sites.length;
    const ranges = length === 0 ? 'checkNothing' : length === 1 ? 'checkRange' : 'checkRanges';
    const checks = [this.#say(ranges, { count: length }), this.#checkMetric()];
    const { launch } = this.#params;
    const open = (launch?.open ?? []).map((name) => openWord(name));
    const needed = [...this.#needed.map((argument) => argument.name.toUpperCase()), ...open];
    if (needed.length > 0)
      checks.push(this.#say(needed.length === 1 ? 'checkNeeded' : 'checkAllNeeded', { needed: needed.join(', ') }));
    if (launch && launch.secrets.length > 0)
      checks.push(this.#say('draftSecrets', { names: launch.secrets.map(oneLine).join(', ') }));
    const { subcommand, otherSubcommands } = this.#script;
    if (!launch && subcommand && otherSubcommands.length > 0) {
      checks.push(this.#say('checkSubcommand', { subcommand, otherSubcommands: otherSubcommands.join(', ') }));
    }
    return checks.filter((sentence) => sentence !== null);
  }

  #checkMetric(): string | null {
    if (this.#printed) return null;
    if (!this.#metric) return this.#say('checkNoMetric');
    return this.#metric.seen.length > 1 ? this.#say('checkOthers', { others: this.#others().join(', ') }) : null;
  }

  #others(): string[] {
    return (this.#metric?.seen ?? []).filter((name) => name !== this.#metric?.name);
  }

  #metricNote(): string {
    const others = this.#others();
    return others.length === 0
      ? this.#say('draftPrinted')
      : this.#say('draftPrintsAlso', { others: others.map(oneLine).join(', ') });
  }

  #command(): string {
    return this.#params.launch ? this.#launched(this.#params.launch) : this.#drafted();
  }

  /** The command of the launch, with placeholders for what is searched; what it does not give goes to its end. */
  #launched(launch: Launch): string {
    const { parts } = this.#params;
    const word = (text: string) => commandWord(text, launch.isShell);
    const searched = new Map(this.#searched.map(({ argument }) => [argument, `{${parameterName(argument)}}`]));
    const given = parts.map((part) => {
      const placeholder = part.argument ? searched.get(part.argument) : undefined;
      if (placeholder === undefined) return part.words.map(word).join(' ');
      return placed(part, (prefix) => (prefix === '' ? placeholder : word(prefix) + placeholder), word).join(' ');
    });
    const known = new Set(parts.map(({ argument }) => argument));
    const missing = this.#commandParts().filter(({ argument }) => !known.has(argument));
    const { subcommand, ofSubcommand } = this.#script;
    const at = parts.findIndex(({ words, argument }) => argument === null && words[0] === subcommand);
    const isBefore = ({ argument }: CommandPart) => at >= 0 && !ofSubcommand.has(argument);
    const before = ordered(missing.filter(isBefore));
    const after = ordered(missing.filter((part) => !isBefore(part)));
    const [first, last] = at < 0 ? [given, []] : [given.slice(0, at), given.slice(at)];
    return [...startWords(launch).map(word), ...first, ...before, ...last, ...after].join(' ');
  }

  #drafted(): string {
    const { languageId, scriptPath, command } = this.#params;
    if (command !== undefined) return command.replace('{file}', () => quoteWord(scriptPath));
    const isBash = languageId === 'shellscript' && /^#!.{0,100}\bbash\b/.test(this.#params.text);
    const interpreter = isBash ? ['bash'] : INTERPRETERS[languageId];
    const path = interpreter || scriptPath.includes('/') ? scriptPath : `./${scriptPath}`;
    const words = commandLine(interpreter ?? [], path, this.#script, this.#commandParts());
    return [words, ...(this.#params.given ?? []).map(quoteWord)].join(' ');
  }

  #commandParts(): CommandPart[] {
    const parts: CommandPart[] = [];
    for (const { argument, proposal } of this.#entries) {
      if (proposal.type === 'parameter') parts.push(this.#part(argument, proposal));
      else if (argument.required) parts.push({ argument, placeholder: null, mayBeNegative: false });
    }
    return parts;
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
    for (const { name, distribution, at } of this.#sites) {
      lines.push(`  ${name}: ${printDistribution(distribution).replace(/ \}$/, `, at: ${JSON.stringify(at)} }`)}`);
    }
    if (this.#searched.length + this.#sites.length > 0) return lines;
    return [
      ...lines,
      `  # ${this.#say('draftExample')}`,
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

/** Where the way comes from in which the script is run, what other ways there are, and what of it is left out. */
export function launchNotes(launch: Launch, others: readonly string[], say: Say): string[] {
  const { secrets } = launch;
  return [
    say('draftLaunched', { source: oneLine(launchSource(launch, say)) }),
    ...(others.length === 0 ? [] : [say('draftLaunches', { others: others.map(oneLine).join(', ') })]),
    ...(secrets.length === 0 ? [] : [say('draftSecrets', { names: secrets.map(oneLine).join(', ') })]),
  ];
}

export function launchSource({ by, name, file }: Launch, say: Say): string {
  return by === 'terminal' ? say('launchTerminal') : say('launchSource', { name, file });
}

/** As the command has it: `${input:epochs}` is EPOCHS there. */
function openWord(name: string): string {
  return name
    .replace(/^\$\{(\w+:)?|\}$/g, '')
    .replace(/[^\w]/g, '_')
    .toUpperCase();
}

/** Keys that a study gets by without, each as a comment that only wants its mark taken away. */
function moreKeys(say: Say, scheduler: string | null): string[] {
  return [
    `# ${say('draftMore')}`,
    `# sampler: auto # ${say('draftSampler')}`,
    `# pruner: ${DEFAULT_PRUNER} # ${say('draftPruner')}`,
    ...(scheduler === null ? [] : [scheduler]),
    `# constraints: [latency_over] # ${say('draftConstraints')}`,
    `# parallel: 2 # ${say('draftParallel')}`,
  ];
}

/** A name that can be a placeholder. */
function parameterName({ name }: ScriptArgument): string {
  const safe = name.replace(/[^\p{L}\p{N}_./-]/gu, '_');
  return /^[\p{L}_]/u.test(safe) ? safe : `_${safe}`;
}

export function basename(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function studyName(script: string): string {
  return script.replace(/\.[^.]+$/, '') || 'study';
}

/** A value as YAML on one line. */
function scalar(value: string): string {
  const text = stringify(value, { lineWidth: 0 }).trimEnd();
  return text.includes('\n') ? JSON.stringify(value) : text;
}

/** The value that an argument has where it is not given, as YAML; undefined where the space does not have it. */
function startValue(argument: ScriptArgument, distribution: DraftDistribution): string | undefined {
  const { initial, switch: way } = argument;
  if (way) {
    const word = initial?.value === true ? (way.off === null ? undefined : way.on) : (way.off ?? '');
    return word === undefined ? undefined : JSON.stringify(word);
  }
  const value =
    initial?.type === 'string' && distribution.type !== 'categorical' ? Number(initial.value) : initial?.value;
  if (value === undefined || value === null) return undefined;
  const isInside =
    distribution.type === 'categorical'
      ? distribution.choices.some((choice) => choice === value)
      : typeof value === 'number' && value >= distribution.low && value <= distribution.high;
  return isInside ? printed(value, distribution) : undefined;
}

function printed(value: ParamValue, distribution: DraftDistribution): string {
  return printYaml(value, undefined, distribution.type === 'float');
}
