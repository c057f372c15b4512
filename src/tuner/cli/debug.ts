import { cpSync, existsSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { PAUSED, SCRIPT_RUN } from '../../core/study/attributes.ts';
import type { DebuggedTrial, DebugLaunch } from '../../protocol/debugTrial.ts';
import { makeOwnFolder, makeRunsFolder } from '../../runs/ownFiles.ts';
import { type RunFolder, runFolderOf, scriptStudyName } from '../../runs/runFolder.ts';
import { programLine } from '../../studyfile/launching/programLine.ts';
import { type ShellCommand, shellCommands } from '../../studyfile/launching/shellLine.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { CommandRunner } from '../objective/command/commandObjective.ts';
import { findInterpreter, namedInterpreter } from '../objective/launch/findInterpreter.ts';
import { commandContext, scriptEnvironment, scriptLaunch } from '../objective/launch/launchContext.ts';
import { asCommandStudy } from '../objective/trainerObjective.ts';
import { pythonFolder } from '../pythonFolder.ts';
import { printJson } from '../render/print.ts';
import { loadStudyFile } from '../run/openStudy.ts';
import type { CommandStudyFile } from '../trials/commandSession.ts';
import { EXIT, type ExitCode, UsageError } from './exitCodes.ts';
import { chooseStudy, withLog } from './storages.ts';
import type { StudyPlace } from './studyPlace.ts';

export interface DebugCommandOptions {
  readonly trial: number;
  readonly python?: string | undefined;
  /** The trial itself, where the caller has it: the storage is then not read. */
  readonly given?: DebuggedTrial | undefined;
}

const STUDY_FILE = /\.study\.ya?ml$/i;

/** `tuneboard debug FILE --trial N`: how a debugger runs this trial once more, as JSON. It counts as no trial. */
export async function debugCommand(
  source: string,
  place: () => Promise<StudyPlace>,
  options: DebugCommandOptions,
): Promise<ExitCode> {
  const trial = options.given ?? (await storedTrial(await place(), options.trial));
  printJson(JSON.stringify(await debugLaunch(source, trial, options.python ?? null)));
  return EXIT.done;
}

async function storedTrial(place: StudyPlace, number: number): Promise<DebuggedTrial> {
  let found: DebuggedTrial | undefined;
  await withLog(place, (log) => {
    const { history, name, systemAttrs } = chooseStudy(log, place.study);
    if (number >= history.length) throw new UsageError(`Study "${name}" has no trial ${number}.`);
    const { [PAUSED]: paused } = history.systemAttrs(number);
    const step = (paused as { step?: number } | undefined)?.step ?? history.lastReport(number)?.step;
    const index = (systemAttrs[SCRIPT_RUN] as { index?: number } | undefined)?.index;
    found = {
      number,
      params: history.params(number),
      study: name,
      ...(index !== undefined && { index }),
      ...(step !== undefined && { step }),
    };
  });
  return found as unknown as DebuggedTrial;
}

/** How a trial of the study file or script `source` (absolute) is launched. Throws where no debugger could run it. */
export async function debugLaunch(source: string, trial: DebuggedTrial, python: string | null): Promise<DebugLaunch> {
  if (!STUDY_FILE.test(source)) return scriptDebugLaunch({ source, script: source, trial, python });
  const file = loadStudyFile(source);
  const command = asCommandStudy(file, source);
  if (command) return commandDebugLaunch(source, command, trial, python);
  const { objective } = file;
  if (objective.kind !== 'optuna') throw cannotDebug(file.name);
  const script = resolve(dirname(source), objective.path);
  return scriptDebugLaunch({ source, script, trial, python, objective });
}

async function commandDebugLaunch(
  source: string,
  file: CommandStudyFile,
  trial: DebuggedTrial,
  python: string | null,
): Promise<DebugLaunch> {
  const base = dirname(source);
  const { objective, name, space, sites, metrics, constraints } = file;
  const launch = await commandContext({ objective, base, python, env: process.env });
  const run = runFolderOf(source, name);
  const folder: RunFolder = { ...run, trials: join(run.path, 'debug') };
  makeRunsFolder(run.parent);
  makeOwnFolder(run.path);
  makeOwnFolder(folder.trials);
  const { command, cwd, env } = await CommandRunner.programOf(
    { objective, studyName: name, space, sites, metrics, constraints, folder, base, launch },
    {
      number: trial.number,
      params: trial.params as never,
      marker: { name: 'TUNEBOARD_DEBUGGED', value: String(trial.number) },
      gpu: file.gpus?.[0] ?? null,
      best: null,
      part: file.scheduler
        ? { checkpoint: copiedCheckpoint(run, folder, trial.number), step: trial.step ?? 0, budget: null }
        : null,
    },
  );
  const started = command.shell ? inShell(command.program) : { words: [command.program, ...command.args] };
  const place = { cwd: resolve(cwd, ...(started.folders ?? [])), env: { ...env, ...started.env } };
  return { ...(await debuggable(started.words, { base, python, found: launch.python?.command, ...place })), ...place };
}

/** The one program of a shell's line that a debugger can start, with what the line sets before it. */
function inShell(line: string): { words: readonly string[]; folders?: readonly string[]; env?: ShellCommand['env'] } {
  const programs = (shellCommands(line) ?? []).filter(({ words }) => programLine(words) !== undefined);
  const [only] = programs;
  if (!only || programs.length > 1 || only.isExpanded || only.activated) throw cannotDebug(line);
  return only;
}

/** Launchers that are modules of Python: a debugger starts the module, and follows the processes that it starts. */
const LAUNCHER_MODULES: Readonly<Record<string, string>> = {
  torchrun: 'torch.distributed.run',
  accelerate: 'accelerate.commands.accelerate_cli',
  deepspeed: 'deepspeed.launcher.runner',
};
/** What runs a program in the environment of the project's folder, where the interpreter is looked for anyway. */
const RUNNERS: ReadonlySet<string> = new Set(['uv', 'poetry', 'pipenv', 'pdm', 'hatch', 'rye']);

interface DebugPlace {
  readonly base: string;
  readonly python: string | null;
  /** The interpreter that the command's `python` was found to be. */
  readonly found: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a debugger starts a command; throws for a program that it cannot start. */
async function debuggable(
  all: readonly string[],
  { base, python, found, cwd, env }: DebugPlace,
): Promise<Pick<DebugLaunch, 'type' | 'program' | 'module' | 'args' | 'runtime' | 'runtimeArgs'>> {
  const isRun = RUNNERS.has(programName(all[0]));
  const words = isRun ? wordsBehindRunner(all) : all;
  const [program = '', ...rest] = words;
  const name = programName(program);
  const interpreter = async () => {
    const named = python === null ? null : namedInterpreter(python, base);
    return (await findInterpreter({ folder: cwd, named, cwd, env })).command;
  };
  const launcher = Object.hasOwn(LAUNCHER_MODULES, name) ? LAUNCHER_MODULES[name] : undefined;
  if (launcher !== undefined) {
    return { type: 'python', module: launcher, args: rest, runtime: await interpreter(), runtimeArgs: [] };
  }
  const isPython = program === found || /^(python[\d.]*|py)$/i.test(name);
  if (!isPython && !/^(node|nodejs|npx|npm|tsx|ts-node|bun)$/.test(name) && program !== process.execPath) {
    // `uv run train.py`
    if (!isRun || !/\.py$/i.test(program)) throw cannotDebug(program);
    const script = { program: resolve(cwd, program), args: rest };
    return { type: 'python', ...script, runtime: await interpreter(), runtimeArgs: [] };
  }
  const { options, module, script, args } = splitInterpreterArguments(rest, isPython);
  const what = module === undefined ? { program: resolve(cwd, script ?? '') } : { module };
  // A bare name is looked for as for a trial; a path is what the command says.
  const isBare = isPython && !/[\\/]/.test(program);
  const runtime = isBare ? await interpreter() : program;
  return { type: isPython ? 'python' : 'node', ...what, args, runtime, runtimeArgs: options };
}

function programName(word = ''): string {
  return basename(word).replace(/\.(exe|cmd)$/i, '');
}

/** The words of `uv run --with x python train.py` from `python` on. */
function wordsBehindRunner(words: readonly string[]): readonly string[] {
  const line = programLine(words);
  if (!line) throw cannotDebug(words.join(' '));
  const start = line.before.findLastIndex((word) =>
    /^(python[\d.]*|py|torchrun|accelerate|deepspeed)(\.exe)?$/i.test(word),
  );
  if (start >= 0) return words.slice(words.lastIndexOf(line.before[start] as string, line.before.length));
  return line.script === null ? words : words.slice(words.indexOf(line.script));
}

/** The debugged program may write into its checkpoint: the trial keeps its own. */
function copiedCheckpoint(run: RunFolder, folder: RunFolder, number: number): string {
  const [own, copy] = [join(run.checkpoints, String(number)), join(folder.trials, `${number}.checkpoint`)];
  rmSync(copy, { recursive: true, force: true });
  if (existsSync(own)) cpSync(own, copy, { recursive: true });
  makeOwnFolder(copy);
  return copy;
}

/** Options of an interpreter that take the next word as their value. */
const WITH_VALUE = /^(-[XWQ]|-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--env-file)$/;

/** The words after an interpreter: its own options, then `-m MODULE` or a script, then the program's arguments. */
export function splitInterpreterArguments(
  words: readonly string[],
  isPython: boolean,
): { options: string[]; module?: string; script?: string; args: string[] } {
  const options: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (isPython && word === '-m' && at + 1 < words.length) {
      return { options, module: words[at + 1] as string, args: words.slice(at + 2) };
    }
    if (!word.startsWith('-')) return { options, script: word, args: words.slice(at + 1) };
    options.push(word);
    if (WITH_VALUE.test(word) && at + 1 < words.length) options.push(words[++at] as string);
  }
  throw cannotDebug(words.join(' '));
}

interface ScriptTrial {
  readonly source: string;
  readonly script: string;
  readonly trial: DebuggedTrial;
  readonly python: string | null;
  readonly objective?: Parameters<typeof scriptLaunch>[0]['objective'] & { readonly args?: readonly string[] };
}

async function scriptDebugLaunch({ source, script, trial, python, objective }: ScriptTrial): Promise<DebugLaunch> {
  if (!/\.(py|ipynb)$/i.test(script)) throw cannotDebug(basename(script));
  const base = dirname(source);
  const launch = scriptLaunch({ script, base, python, objective: objective ?? null, env: process.env });
  const found = await findInterpreter({
    folder: dirname(script),
    named: launch.named,
    cwd: launch.cwd,
    env: launch.env,
  });
  const { number, params, study = scriptStudyName(script), index = null } = trial;
  const listing = /\.ipynb$/i.test(script) ? listingOf(source, script) : null;
  const settings = { number, params, study, index, module: launch.module, root: launch.root, listing };
  return {
    type: 'python',
    program: join(pythonFolder, '_tuneboard_debug.py'),
    args: [script, ...(objective?.args ?? [])],
    runtime: found.command,
    runtimeArgs: [],
    cwd: launch.cwd,
    env: { ...scriptEnvironment(launch, found), TUNEBOARD_DEBUG_TRIAL: JSON.stringify(settings) },
  };
}

/** Where the cells of a notebook are written to, as one script that the debugger shows. */
function listingOf(source: string, script: string): string {
  const { parent } = runFolderOf(source, 'debug');
  const folder = join(parent, 'debug');
  makeOwnFolder(parent);
  makeOwnFolder(folder);
  return join(folder, `${basename(script).replace(/\.ipynb$/i, '')}.cells.py`);
}

function cannotDebug(what: string): TuneboardError {
  return new TuneboardError('cannot-debug', tunerMessage('cannotDebug', { what }));
}
