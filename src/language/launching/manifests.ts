import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { dotEnv, isEntries } from './launchJson.ts';
import { joinPath } from './paths.ts';
import { isUnreasonable, type LaunchPlace, lineLaunches, type RawLaunch } from './rawLaunch.ts';

type Entries = Readonly<Record<string, unknown>>;

/** Tables of commands by name, in the manner of each tool. */
const COMMANDS: readonly (readonly string[])[] = [
  ['tool', 'pdm', 'scripts'],
  ['tool', 'hatch', 'envs', 'default', 'scripts'],
  ['tool', 'poe', 'tasks'],
  ['tool', 'rye', 'scripts'],
  ['tool', 'pixi', 'tasks'],
  ['tool', 'taskipy', 'tasks'],
  ['tool', 'uv', 'scripts'],
];
/** Tables of functions by the name of the program that calls them. */
const PROGRAMS: readonly (readonly string[])[] = [
  ['project', 'scripts'],
  ['tool', 'poetry', 'scripts'],
];
const MOST_SCRIPTS = 500;

/** The scripts of a folder's pyproject.toml: commands, and functions that an installed program calls. */
export function projectLaunches(folder: string, place: LaunchPlace): RawLaunch[] {
  const file = joinPath(folder, 'pyproject.toml');
  const text = place.read(file);
  const root = text === null || isUnreasonable(text) ? undefined : tomlValue(text);
  if (!isEntries(root)) return [];
  const programs = PROGRAMS.flatMap((path) => tableAt(root, path)).flatMap(([name, value]) => {
    const reference = isEntries(value) ? value['reference'] : value;
    const launch = programLaunch(name, reference, folder, file, place);
    return launch ? [launch] : [];
  });
  return [
    ...programs,
    ...COMMANDS.flatMap((path) => tableAt(root, path)).flatMap(([name, value]) =>
      commandLaunches(name, value, folder, file, place),
    ),
  ];
}

/** The scripts of a folder's package.json. */
export function packageLaunches(folder: string, place: LaunchPlace): RawLaunch[] {
  const file = joinPath(folder, 'package.json');
  const text = place.read(file);
  const root: unknown = text === null || isUnreasonable(text) ? undefined : jsonValue(text);
  if (!isEntries(root)) return [];
  return tableAt(root, ['scripts']).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [];
    return lineLaunches(value, folder, { by: 'package', name, file }).map((launch) => {
      // What npm finds in node_modules, npx finds too.
      const [program = ''] = launch.line.before;
      const isLocal = /^(tsx|ts-node)$/.test(program);
      return isLocal ? { ...launch, line: { ...launch.line, before: ['npx', ...launch.line.before] } } : launch;
    });
  });
}

/** `pkg.train:main` is run as a module where the file runs itself, else by the name of its program. */
function programLaunch(
  name: string,
  reference: unknown,
  folder: string,
  file: string,
  { read }: LaunchPlace,
): RawLaunch | undefined {
  const module = typeof reference === 'string' ? /^\s*([\w.]{1,500})\s*(?::|$)/.exec(reference)?.[1] : undefined;
  if (module === undefined) return undefined;
  for (const home of ['.', 'src']) {
    const root = joinPath(folder, home);
    const stem = joinPath(root, module.replaceAll('.', '/'));
    const target = [`${stem}.py`, `${stem}/__main__.py`].find((path) => read(path) !== null);
    if (target === undefined) continue;
    const runsItself = /^if\s+__name__\s*==\s*["']__main__["']/m.test(read(target) ?? '');
    const named = { by: 'pyproject', name, file, env: {}, target } as const;
    return runsItself
      ? { ...named, cwd: root, line: { before: ['python'], script: null, module, args: [] } }
      : { ...named, cwd: folder, line: { before: [name], script: null, module: null, args: [] } };
  }
  return undefined;
}

/** A text, a list of them, or a table with `cmd`, `shell`, `env`, `env_file`, `cwd`. */
function commandLaunches(name: string, value: unknown, folder: string, file: string, place: LaunchPlace): RawLaunch[] {
  const table: Entries = isEntries(value) ? value : { cmd: value };
  const { cmd, shell, call, env, env_file: envFile, envfile, cwd, script } = table;
  const named = { by: 'pyproject', name, file } as const;
  const variables: Record<string, string> = {};
  for (const path of [envFile, envfile]) {
    if (typeof path === 'string') Object.assign(variables, dotEnv(place.read(joinPath(folder, path)) ?? ''));
  }
  if (isEntries(env))
    for (const [key, one] of Object.entries(env)) if (typeof one !== 'object') variables[key] = `${one}`;
  const home = typeof cwd === 'string' ? joinPath(folder, cwd) : folder;
  const called = programLaunch(name, call ?? script, folder, file, place);
  if (called) return [{ ...called, env: variables }];
  const lines = [cmd ?? shell].flat().filter((line) => typeof line === 'string');
  const isWords = Array.isArray(cmd) && lines.every((line) => !/\s/.test(line));
  return (isWords ? [lines.join(' ')] : lines).flatMap((line) => lineLaunches(line, home, named, variables));
}

function tableAt(root: Entries, path: readonly string[]): [string, unknown][] {
  let value: unknown = root;
  for (const key of path) value = isEntries(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isEntries(value) ? Object.entries(value).slice(0, MOST_SCRIPTS) : [];
}

function tomlValue(text: string): unknown {
  try {
    return getStaticTOMLValue(parseTOML(text));
  } catch {
    return undefined;
  }
}

function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
