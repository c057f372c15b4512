import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, extname, join, relative, resolve } from 'node:path';
import type { LaunchRecord } from '../../../protocol/runRecord.ts';
import type { CommandObjective, OptunaObjective } from '../../../studyfile/studyFile.ts';
import { trainerProgram } from '../../../trainer/backend/tensorflow.ts';
import { childEnvironment, commandEnvironment } from '../command/arguments.ts';
import type { Reader } from '../sites/trialSites.ts';
import { type Environment, foldersUpwards, pythonCandidates, withPrograms } from './environments.ts';
import { findInterpreter, type Interpreter, namedInterpreter } from './findInterpreter.ts';

/** How a program is launched: found once, the same for every trial. */
export interface LaunchContext {
  /** What `python` means; null: the program is no Python, or none runs here. */
  readonly python: Interpreter | null;
  /** The program for a command's first word. */
  readonly program: string;
  /** Absolute working folder. */
  readonly cwd: string;
  /** What children start from: the programs of the environment are first on the PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Dotted name, where the program is run as by `python -m`. */
  readonly module: string | null;
}

export interface CommandPlace {
  readonly objective: CommandObjective;
  /** Folder that the study file is in. */
  readonly base: string;
  /** The interpreter of the command line or the window: goes before the study file's. */
  readonly python: string | null;
  readonly env: Environment;
}

/** A name alone: `./python` and `python3.11` say which one themselves. */
const PYTHON_WORD = /^(python3?|py)(\.exe)?$/i;
const SCRIPT_WORD = /\.(py|ipynb|[cm]?[jt]sx?|r|jl|sh|rb|lua)$/i;

/**
 * The context of a command. Its first word `python`, `python3` or `py` is the interpreter that is named, else the one
 * that is found; a word that names a path or another program stays as it is, and is looked for in the environment first.
 */
export async function commandContext({ objective, base, python, env: own }: CommandPlace): Promise<LaunchContext> {
  const { argv, shell } = objective;
  const cwd = resolve(base, objective.cwd);
  const complete = (programs: string | undefined) => ({
    ...commandEnvironment(programs === undefined ? own : withPrograms(own, programs)),
    ...objective.env,
  });
  const word = shell ? '' : (argv[0] ?? '');
  const named =
    python !== null
      ? namedInterpreter(python, process.cwd())
      : objective.python === undefined
        ? null
        : namedInterpreter(objective.python, base);
  const script = scriptOf(objective, base);
  const folder = script ? dirname(script) : cwd;
  const module = argv[1] === '-m' && !shell ? (argv[2] ?? null) : null;
  if (!PYTHON_WORD.test(word)) {
    const programs = named ?? pythonCandidates(folder, own).find(({ origin }) => origin !== 'path')?.command;
    const env = complete(programs);
    const common = { python: null, cwd, module: null };
    return lacksNode(word, env) ? { ...common, ...ownNode(env) } : { ...common, program: word, env };
  }
  const search = { folder, named, cwd, env: own, word };
  // Where none runs, the first trial says so.
  const found = await findInterpreter(search).catch(() => null);
  const program = found?.command ?? named ?? word;
  return { python: found, program, cwd, env: complete(program), module };
}

export interface ScriptPlace {
  /** Absolute path of the script or notebook. */
  readonly script: string;
  /** Folder that the study file is in; the script's where there is none. */
  readonly base: string;
  /** The interpreter of the command line or the window. */
  readonly python: string | null;
  readonly objective: Pick<OptunaObjective, 'python' | 'module' | 'cwd' | 'env'> | null;
  readonly env: Environment;
}

/** What is known of a script's launch before its interpreter is looked for. */
export interface ScriptLaunch {
  readonly named: string | null;
  readonly module: string | null;
  readonly cwd: string;
  /** Where modules are found first: the script's folder, or that of its package. */
  readonly root: string;
  readonly env: Environment;
}

/**
 * How an Optuna script is launched. One that imports relative to its package is run as a module, from the folder that
 * its package is in.
 */
export function scriptLaunch({ script, base, python, objective, env: own }: ScriptPlace): ScriptLaunch {
  const env = { ...own, ...objective?.env };
  const named = python ?? objective?.python ?? null;
  const place =
    objective?.module == null ? moduleOf(script) : { module: objective.module, root: rootOf(script, objective.module) };
  const cwd = objective?.cwd == null ? (place?.root ?? dirname(script)) : resolve(base, objective.cwd);
  return {
    named: named === null ? null : namedInterpreter(named, python === null ? base : process.cwd()),
    module: place?.module ?? null,
    cwd,
    root: place ? (place.root ?? cwd) : dirname(script),
    env,
  };
}

/** The environment of a script's process. */
export function scriptEnvironment({ env }: ScriptLaunch, python: Interpreter): Record<string, string> {
  return childEnvironment(withPrograms(env, python.command));
}

/** What a command's program reads code and configuration with; a launcher of either counts as that. */
export function readerOf({ python, program }: Pick<LaunchContext, 'python' | 'program'>): Reader {
  const name = basename(program).replace(/\.exe$/i, '');
  if (
    python ||
    /^(python[\d.]*|py|torchrun|accelerate|deepspeed|jupyter|papermill|ipython|uv|poetry|pipenv|pdm|hatch|rye|pixi|conda|mamba|micromamba)$/.test(
      name,
    )
  )
    return 'python';
  return program === process.execPath || /^(node|npx|npm|tsx|ts-node|bun)$/.test(name) ? 'node' : 'other';
}

/** The script that a command runs: its first argument that is an existing file with a name like one. */
export function scriptOf({ argv, shell, cwd }: CommandObjective, base: string): string | undefined {
  const words = shell ? (argv[0] ?? '').split(/\s+/) : argv;
  return words
    .filter((word) => SCRIPT_WORD.test(word) && word !== trainerProgram())
    .map((word) => resolve(base, cwd, word))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** What a record keeps of a context, and what the output says. */
export function launchRecord({ python, cwd, module }: Pick<LaunchContext, 'python' | 'cwd' | 'module'>): LaunchRecord {
  return {
    cwd,
    ...(python && { python: python.origin === 'path' ? python.executable : python.command, version: python.version }),
    ...(module !== null && { module }),
  };
}

/** `python: .venv/bin/python (3.12.3), in src/, as -m pkg.train`; undefined where there is nothing to say. */
export function launchText({ python, version, cwd, module }: LaunchRecord, base: string): string | undefined {
  const folder = relative(base, cwd);
  const parts = [
    ...(python === undefined ? [] : [`python: ${shortPath(python, base)} (${version})`]),
    ...(folder === '' ? [] : [`in ${folder}/`]),
    ...(module === undefined ? [] : [`as -m ${module}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function shortPath(path: string, base: string): string {
  const short = relative(base, path);
  return short.length < path.length ? short : path;
}

/** A relative import at the top level: such a file runs as a module of its package only. */
const RELATIVE_IMPORT = /^from[ \t]{1,80}(\.{1,80})[\w.]{0,500}[ \t]{1,80}import\b/gm;

export interface ModulePlace {
  readonly module: string;
  /** Folder that the package is in: where `python -m` finds it. */
  readonly root: string;
}

/** As which module a script has to run because it imports relative to its package; undefined: it runs by its path. */
export function moduleOf(script: string): ModulePlace | undefined {
  if (extname(script) !== '.py' || !isFile(script)) return undefined;
  const dots = [...readFileSync(script, 'utf8').matchAll(RELATIVE_IMPORT)].map(([, found = '']) => found.length);
  return dots.length === 0 ? undefined : modulePlace(script, Math.max(...dots));
}

/** The package of a script: the folders with `__init__.py` above it, and at least as many as its imports go up. */
export function modulePlace(script: string, levels = 1): ModulePlace {
  const names = [basename(script, extname(script))];
  let root = dirname(script);
  for (let level = 0; level < levels || isFile(join(root, '__init__.py')); level++) {
    if (dirname(root) === root) break;
    names.unshift(basename(root));
    root = dirname(root);
  }
  if (names.at(-1) === '__main__') names.pop();
  return { module: names.join('.'), root };
}

/** The folder from which `module` is found as this script; undefined where its name does not fit the path. */
export function rootOf(script: string, module: string): string | undefined {
  const path = resolve(dirname(script), basename(script, extname(script)));
  const parts = module.split('.');
  const isMain = basename(path) === '__main__' && parts.at(-1) !== '__main__';
  const folder = isMain ? dirname(path) : path;
  const root = resolve(folder, ...parts.map(() => '..'));
  return resolve(root, ...parts) === folder ? root : undefined;
}

/** The nearest folder above, or beside the root of the repository, in which a relative path exists. */
export function folderWith(path: string, from: string): string | undefined {
  return foldersUpwards(from).find(
    (folder) => statSync(resolve(folder, path), { throwIfNoEntry: false }) !== undefined,
  );
}

/** `node` where there is none on the PATH is the Node that runs this program; the editor's own has to be told so. */
function ownNode(env: Readonly<Record<string, string>>): Pick<LaunchContext, 'program' | 'env'> {
  const told = process.versions['electron'] ? { ...env, ELECTRON_RUN_AS_NODE: '1' } : env;
  return { program: process.execPath, env: told };
}

function lacksNode(word: string, env: Environment): boolean {
  return /^node(\.exe)?$/i.test(word) && !isOnPath('node', env);
}

function isOnPath(name: string, env: Environment): boolean {
  const path = Object.entries(env).find(([key]) => key.toUpperCase() === 'PATH')?.[1] ?? '';
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  return path
    .split(delimiter)
    .some((folder) => folder !== '' && endings.some((ending) => isProgram(join(folder, name + ending))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
