import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { TuneboardError } from '../../../core/errors.ts';
import { pythonNames, venvPython } from '../../../runs/platform.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';

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
 * The interpreter that a script should run with: the one that the person named, else the first of the active virtual
 * environment, one beside or above the script, conda's, and the system's that has Optuna.
 * Throws `no-python`, `old-python` or `no-optuna`, each one sentence with what to do.
 */
export async function findInterpreter(options: {
  readonly script: string;
  readonly named: string | null;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<Interpreter> {
  const { named } = options;
  if (named !== null) {
    const found = await probe(named, options);
    if (!found) {
      throw new TuneboardError('no-python', tunerMessage('pythonInterpreterCouldNotStarted', { named }));
    }
    return checked(found);
  }
  let fallback: Interpreter | undefined;
  for (const command of candidates(options.script, options.env)) {
    const found = await probe(command, options);
    if (found?.optuna) return checked(found);
    fallback ??= found;
  }
  if (!fallback) {
    throw new TuneboardError('no-python', tunerMessage('noPythonFoundInstallPython'));
  }
  return checked(fallback);
}

/** Commands to try, best first. */
export function candidates(script: string, env: Readonly<Record<string, string | undefined>>): string[] {
  const found: string[] = [];
  const addEnvironment = (folder: string | undefined) => {
    if (!folder) return;
    const path = venvPython(folder);
    if (existsSync(path)) found.push(path);
  };
  addEnvironment(env['VIRTUAL_ENV']);
  for (let folder = dirname(script), last = ''; folder !== last; last = folder, folder = dirname(folder)) {
    for (const name of ['.venv', 'venv', 'env', '.env']) addEnvironment(join(folder, name));
  }
  const conda = env['CONDA_PREFIX'];
  if (conda) {
    const path = process.platform === 'win32' ? join(conda, 'python.exe') : join(conda, 'bin', 'python');
    if (existsSync(path)) found.push(path);
  }
  return [...new Set([...found, ...pythonNames()])];
}

async function probe(
  command: string,
  { cwd, env }: { cwd: string; env: Readonly<Record<string, string | undefined>> },
): Promise<Interpreter | undefined> {
  try {
    const { stdout } = await execute(command, ['-c', PROBE], {
      cwd,
      env: { ...env } as NodeJS.ProcessEnv,
      timeout: PROBE_TIMEOUT_MS,
      windowsHide: true,
    });
    const line = stdout.trim().split('\n').at(-1) ?? '';
    return { command, ...(JSON.parse(line) as Omit<Interpreter, 'command'>) };
  } catch {
    return undefined;
  }
}

function checked(found: Interpreter): Interpreter {
  const [major = 0, minor = 0] = found.version.split('.').map(Number);
  if (major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1])) {
    throw new TuneboardError(
      'old-python',
      tunerMessage('pythonChoosePython38', { executable: found.executable, version: found.version }),
    );
  }
  if (found.optuna === null) {
    const message = tunerMessage('noOptunaInstallMPip', {
      executable: found.executable,
      executable2: found.executable,
    });
    throw new TuneboardError('no-optuna', message);
  }
  return found;
}
