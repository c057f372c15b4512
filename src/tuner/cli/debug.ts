import { cpSync, existsSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { PAUSED, SCRIPT_RUN } from '../../core/study/attributes.ts';
import type { DebuggedTrial, DebugLaunch } from '../../protocol/debugTrial.ts';
import { makeOwnFolder, makeRunsFolder } from '../../runs/ownFiles.ts';
import { type RunFolder, runFolderOf, scriptStudyName } from '../../runs/runFolder.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { CommandRunner } from '../objective/command/commandObjective.ts';
import { findInterpreter } from '../objective/launch/findInterpreter.ts';
import { commandContext, readerOf, scriptEnvironment, scriptLaunch } from '../objective/launch/launchContext.ts';
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
  const reader = readerOf(launch);
  // A shell, or a launcher that starts Python itself, is no program that a debugger can start.
  const isInterpreter =
    launch.python !== null || reader === 'node' || /^(python[\d.]*|py)(\.exe)?$/i.test(basename(launch.program));
  if (objective.shell || reader === 'other' || !isInterpreter) throw cannotDebug(launch.program);
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
  const { options, module, script, args } = splitInterpreterArguments(command.args, reader === 'python');
  const what = module === undefined ? { program: resolve(cwd, script ?? '') } : { module };
  return { type: reader, ...what, args, runtime: command.program, runtimeArgs: options, cwd, env };
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
  if (!/\.py$/i.test(script)) throw cannotDebug(basename(script));
  const base = dirname(source);
  const launch = scriptLaunch({ script, base, python, objective: objective ?? null, env: process.env });
  const found = await findInterpreter({
    folder: dirname(script),
    named: launch.named,
    cwd: launch.cwd,
    env: launch.env,
  });
  const { number, params, study = scriptStudyName(script), index = null } = trial;
  const settings = { number, params, study, index, module: launch.module, root: launch.root };
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

function cannotDebug(what: string): TuneboardError {
  return new TuneboardError('cannot-debug', tunerMessage('cannotDebug', { what }));
}
