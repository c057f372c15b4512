import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { pythonNames, venvPython } from '../../../runs/platform.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How an interpreter was found; `path`: by its name alone. */
export type PythonOrigin = 'named' | 'active' | 'folder' | 'poetry' | 'pipenv' | 'pyenv' | 'conda' | 'path';

export interface PythonCandidate {
  /** Absolute path, or a name on the PATH. */
  readonly command: string;
  readonly origin: PythonOrigin;
}

/** Folders in which people make the virtual environment of a project. */
const ENVIRONMENT_FOLDERS = ['.venv', 'venv', 'env', '.env'];
const MOST_BYTES = 1 << 20;

/**
 * Interpreters to try for a program in `folder`, best first, each once: the active virtual environment; those of the
 * project, from the folder up to the root of its repository (in the project, Poetry's and Pipenv's caches, pyenv's
 * version, conda's by the name in environment.yml); conda's active one; the names on the PATH, `word` first.
 */
export function pythonCandidates(folder: string, env: Environment, word?: string): PythonCandidate[] {
  const found: PythonCandidate[] = [];
  const add = (origin: PythonOrigin, paths: readonly (string | undefined)[]) => {
    for (const command of paths) if (command !== undefined && existsSync(command)) found.push({ command, origin });
  };
  const active = env['VIRTUAL_ENV'];
  if (active) add('active', [venvPython(active)]);
  for (const place of foldersUpwards(folder)) {
    add(
      'folder',
      [env['UV_PROJECT_ENVIRONMENT'], ...ENVIRONMENT_FOLDERS]
        .filter((name) => name !== undefined && name !== '')
        .map((name) => venvPython(isAbsolute(name as string) ? (name as string) : join(place, name as string))),
    );
    if (existsSync(join(place, 'pyproject.toml'))) add('poetry', poetryPythons(place, env));
    if (existsSync(join(place, 'Pipfile'))) add('pipenv', pipenvPythons(place, env));
    add('conda', [condaNamedIn(place)]);
    add('pyenv', pyenvPythons(place, env));
  }
  const conda = env['CONDA_PREFIX'];
  if (conda) add('conda', [condaPython(conda)]);
  for (const command of [...(word ? [word] : []), ...pythonNames()]) found.push({ command, origin: 'path' });
  const seen = new Set<string>();
  return found.filter(({ command }) => !seen.has(command) && seen.add(command));
}

/** What makes the environment of a project, by the file that says what belongs into it. */
const SETUPS = [
  { tool: 'uv', file: 'uv.lock', command: 'uv sync' },
  { tool: 'poetry', file: 'poetry.lock', command: 'poetry install' },
  { tool: 'pipenv', file: 'Pipfile', command: 'pipenv install' },
  { tool: 'conda', file: 'environment.yml', command: 'conda env create' },
  { tool: 'conda', file: 'environment.yaml', command: 'conda env create' },
] as const;

export interface ProjectSetup {
  readonly tool: (typeof SETUPS)[number]['tool'];
  /** What a person runs in `folder`. */
  readonly command: string;
  readonly folder: string;
}

/** How the environment is made that a project describes and does not have yet; undefined where there is one, or none is described. */
export function missingSetup(folder: string, env: Environment): ProjectSetup | undefined {
  const isThere = pythonCandidates(folder, env).some(({ origin }) => !['path', 'active', 'pyenv'].includes(origin));
  if (isThere || env['VIRTUAL_ENV'] || env['CONDA_PREFIX']) return undefined;
  for (const place of foldersUpwards(folder)) {
    const setup = SETUPS.find(({ file }) => existsSync(join(place, file)));
    if (setup) return { tool: setup.tool, command: setup.command, folder: place };
  }
  return undefined;
}

/** A folder and those above it, up to the root of a repository or of the disk. */
export function foldersUpwards(folder: string): string[] {
  const folders: string[] = [];
  for (let place = folder, last = ''; place !== last; last = place, place = dirname(place)) {
    folders.push(place);
    if (existsSync(join(place, '.git'))) break;
  }
  return folders;
}

/** The folder whose programs belong to an interpreter: its environment's, or null for one that is named only. */
export function programsOf(python: string): string | null {
  return isAbsolute(python) ? dirname(python) : null;
}

/** An environment with an interpreter's folder first on the PATH, as its activation would have it. */
export function withPrograms(env: Environment, python: string): Record<string, string | undefined> {
  const folder = programsOf(python);
  if (folder === null) return { ...env };
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const parts = (env[key] ?? '').split(delimiter).filter((part) => part !== '' && part !== folder);
  const home = dirname(folder);
  const isVirtual = existsSync(join(home, 'pyvenv.cfg'));
  return { ...env, [key]: [folder, ...parts].join(delimiter), ...(isVirtual && { VIRTUAL_ENV: home }) };
}

function condaPython(prefix: string): string {
  return process.platform === 'win32' ? join(prefix, 'python.exe') : join(prefix, 'bin', 'python');
}

/** The environment that `environment.yml` names, where conda has noted it. */
function condaNamedIn(folder: string): string | undefined {
  const file = ['environment.yml', 'environment.yaml'].map((name) => textOf(join(folder, name))).find((text) => text);
  const name = file && /^name:\s*["']?([\w.-]+)/m.exec(file)?.[1];
  if (!name) return undefined;
  const noted = textOf(join(homedir(), '.conda', 'environments.txt')) ?? '';
  const prefix = noted.split(/\r?\n/).find((line) => basename(line.trim()) === name);
  return prefix && condaPython(prefix.trim());
}

/** Poetry names an environment NAME-HASH-pyVERSION, after the project's folder. */
function poetryPythons(folder: string, env: Environment): string[] {
  const home = env['POETRY_VIRTUALENVS_PATH'] ?? join(env['POETRY_CACHE_DIR'] ?? poetryCache(env), 'virtualenvs');
  const hash = urlHash(realpathSync(folder), 8);
  return namesIn(home)
    .filter((name) => name.includes(`-${hash}-py`))
    .map((name) => venvPython(join(home, name)));
}

function poetryCache(env: Environment): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'pypoetry');
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? homedir(), 'pypoetry', 'Cache');
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pypoetry');
}

/** Pipenv names an environment NAME-HASH, after the path of the Pipfile. */
function pipenvPythons(folder: string, env: Environment): string[] {
  const home =
    env['WORKON_HOME'] ?? join(homedir(), process.platform === 'win32' ? '.virtualenvs' : '.local/share/virtualenvs');
  const hash = urlHash(join(realpathSync(folder), 'Pipfile'), 8);
  return namesIn(home)
    .filter((name) => name.endsWith(`-${hash}`))
    .map((name) => venvPython(join(home, name)));
}

function urlHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, length);
}

/** `.python-version` names a version or an environment of pyenv, also by the beginning of its number. */
function pyenvPythons(folder: string, env: Environment): string[] {
  const wanted = textOf(join(folder, '.python-version'))?.trim().split(/\s+/)[0];
  if (!wanted || /[\\/]/.test(wanted)) return [];
  const home = join(env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  return namesIn(home)
    .filter((name) => name === wanted || name.startsWith(`${wanted}.`))
    .map((name) => condaPython(join(home, name)));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort().reverse();
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.length > MOST_BYTES ? undefined : text;
  } catch {
    return undefined;
  }
}
