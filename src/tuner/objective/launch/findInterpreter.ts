import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { TuneboardError } from '../../../core/errors.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import { StartFailure } from '../../run/outcome.ts';
import {
  type Environment,
  missingSetup,
  type PythonCandidate,
  type PythonOrigin,
  pythonCandidates,
} from './environments.ts';

const execute = promisify(execFile);
const PROBE_TIMEOUT_MS = 20_000;
const OLDEST_PYTHON: readonly [number, number] = [3, 8];

export interface Interpreter {
  /** As it is started. */
  readonly command: string;
  readonly executable: string;
  readonly version: string;
  /** Version of the installed Optuna; null when there is none. */
  readonly optuna: string | null;
  readonly origin: PythonOrigin;
}

export interface InterpreterSearch {
  /** Folder of the program: environments are looked for there and above. */
  readonly folder: string;
  /** What a person named: an absolute path or a name on the PATH; null: it is found. */
  readonly named: string | null;
  /** Where the program will run: what pyenv chooses by. */
  readonly cwd: string;
  readonly env: Environment;
  /** As the program names it, `python`: tried first on the PATH. */
  readonly word?: string;
}

/** Prints what has to be known without importing anything heavy. */
const PROBE = [
  'import sys, json, importlib.util as u',
  'o = None',
  'try:',
  ' found = u.find_spec("optuna") is not None',
  'except Exception: found = False',
  'if found:',
  ' o = "?"',
  ' try:',
  '  from importlib.metadata import version; o = version("optuna")',
  ' except Exception: pass',
  'print(json.dumps({"executable": sys.executable, "version": "%d.%d.%d" % sys.version_info[:3], "optuna": o}))',
].join('\n');

/**
 * The interpreter that an Optuna script should run with: the one that the person named, else the first candidate that
 * has Optuna. Throws `no-python`, `old-python` or `no-optuna`, each one sentence with what to do.
 */
export async function findOptunaInterpreter(search: InterpreterSearch): Promise<Interpreter> {
  let fallback: Interpreter | undefined;
  for (const candidate of candidatesOf(search)) {
    const found = await probe(candidate, search);
    if (found?.optuna) return withOptuna(found, search);
    fallback ??= found;
  }
  if (!fallback) throw noInterpreter(search);
  return withOptuna(fallback, search);
}

/**
 * The interpreter that `python` means in a command: the one that the person named, else the first candidate that runs.
 * Throws `no-python` where there is none.
 */
export async function findInterpreter(search: InterpreterSearch): Promise<Interpreter> {
  for (const candidate of candidatesOf(search)) {
    const found = await probe(candidate, search);
    if (found) return found;
  }
  throw noInterpreter(search);
}

/** Every interpreter that runs, best first, each executable once. */
export async function listInterpreters(search: InterpreterSearch): Promise<Interpreter[]> {
  const found = await Promise.all(candidatesOf(search).map((candidate) => probe(candidate, search)));
  const seen = new Set<string>();
  return found
    .filter((one) => one !== undefined)
    .filter((one) => {
      const key = identityOf(one);
      return !seen.has(key) && seen.add(key);
    });
}

/** `python` and `python3` of one folder are one interpreter; an environment's is another than the one that it links to. */
function identityOf({ executable }: Interpreter): string {
  try {
    return join(realpathSync(dirname(executable)), basename(realpathSync(executable)));
  } catch {
    return executable;
  }
}

/** An interpreter as a study file names it: a path is relative to the file's folder, a bare name is looked up on the PATH. */
export function namedInterpreter(python: string, base: string): string {
  return isAbsolute(python) || !/[\\/]/.test(python) ? python : resolve(base, python);
}

function candidatesOf({ folder, named, env, word }: InterpreterSearch): readonly PythonCandidate[] {
  return named === null ? pythonCandidates(folder, env, word) : [{ command: named, origin: 'named' }];
}

function noInterpreter({ named }: InterpreterSearch): TuneboardError {
  const message =
    named === null
      ? tunerMessage('noPythonFoundInstallPython')
      : tunerMessage('pythonInterpreterCouldNotStarted', { named });
  return new TuneboardError('no-python', message);
}

async function probe(
  { command, origin }: PythonCandidate,
  { cwd, env }: InterpreterSearch,
): Promise<Interpreter | undefined> {
  try {
    const { stdout } = await execute(command, ['-c', PROBE], {
      // A folder that is missing is the study's own error, not the interpreter's.
      ...(existsSync(cwd) && { cwd }),
      env: { ...env } as NodeJS.ProcessEnv,
      timeout: PROBE_TIMEOUT_MS,
      windowsHide: true,
    });
    const line = stdout.trim().split('\n').at(-1) ?? '';
    return { command, origin, ...(JSON.parse(line) as Omit<Interpreter, 'command' | 'origin'>) };
  } catch {
    return undefined;
  }
}

function withOptuna(found: Interpreter, { folder, env }: InterpreterSearch): Interpreter {
  const [major = 0, minor = 0] = found.version.split('.').map(Number);
  if (major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1])) {
    throw new TuneboardError(
      'old-python',
      tunerMessage('pythonChoosePython38', { executable: found.executable, version: found.version }),
    );
  }
  if (found.optuna === null) {
    const { executable } = found;
    const setup = found.origin === 'path' ? missingSetup(folder, env) : undefined;
    const values = { module: 'optuna', package: 'optuna', python: executable };
    const message = setup
      ? tunerMessage('causeNoEnvironment', {
          module: 'optuna',
          executable,
          command: setup.command,
          folder: setup.folder,
        })
      : tunerMessage('noOptunaInstallMPip', { executable, executable2: executable });
    const cause = { ...values, ...(setup && { setup: setup.tool, folder: setup.folder }) };
    throw new StartFailure({ code: 'missing-module', values: cause }, message, 'no-optuna');
  }
  return found;
}
