import { oneLine, printable } from '../../core/text/printable.ts';
import type { Launch } from '../../protocol/launch.ts';
import type { ProgramLine } from '../../studyfile/launching/programLine.ts';
import { debugLaunches } from './launchJson.ts';
import { makeLaunches } from './makefile.ts';
import { packageLaunches, projectLaunches } from './manifests.ts';
import { folderOf, foldersAbove, isAbsolutePath, joinPath, normalPath, relativePath } from './paths.ts';
import type { LaunchPlace, RawLaunch } from './rawLaunch.ts';
import { publicVariables, withoutSecrets } from './secrets.ts';

/** The system by the name that launch.json has for it, from Node's. */
export function platformName(platform: string): LaunchPlace['platform'] {
  return platform === 'win32' ? 'windows' : platform === 'darwin' ? 'osx' : 'linux';
}

const MOST = 20;
const ORDER: readonly Launch['by'][] = ['terminal', 'debug', 'make', 'pyproject', 'package'];
const TRAINS = /train|fit|learn|finetune|fine-tune/i;
const OTHER = /test|eval|infer|predict|debug|lint|serve|bench|export|smoke/i;

/**
 * The ways in which the files of a workspace run a script, the best first: the one that names the script goes before one
 * for any open file, what lies nearer to the script before what is further up, a debug configuration before a target of a
 * Makefile and that before the scripts of a project, and a name that speaks of training before others. Nothing is run.
 */
export function findLaunches(place: LaunchPlace): Launch[] {
  if (isAbsolutePath(place.script) || place.script.startsWith('../')) return [];
  const folders = foldersAbove(folderOf(place.script));
  const found: { readonly launch: Launch; readonly rank: readonly number[] }[] = [];
  for (const [distance, folder] of folders.entries()) {
    for (const raw of launchesIn(folder, place)) {
      const launch = matching(raw, place);
      if (!launch) continue;
      const words = `${launch.name} ${launch.args.join(' ')}`;
      const name = TRAINS.test(launch.name) ? 0 : OTHER.test(words) ? 2 : 1;
      const rank = [raw.isSpecific === false ? 1 : 0, distance, ORDER.indexOf(launch.by), name];
      found.push({ launch, rank });
    }
  }
  found.sort((a, b) => compare(a.rank, b.rank));
  const seen = new Set<string>();
  return found
    .map(({ launch }) => launch)
    .filter((launch) => {
      const key = JSON.stringify({ ...launch, by: '', name: '', file: '' });
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, MOST);
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, at) => value - (b[at] as number)).find((difference) => difference !== 0) ?? 0;
}

function* launchesIn(folder: string, place: LaunchPlace): Generator<RawLaunch> {
  yield* debugLaunches(folder, place);
  yield* makeLaunches(folder, place);
  yield* projectLaunches(folder, place);
  yield* packageLaunches(folder, place);
}

/** The launch with paths as a study file beside the script has them; undefined where it runs another script. */
export function matching(raw: RawLaunch, place: LaunchPlace): Launch | undefined {
  const cwd = inRoot(raw.cwd, place.root);
  const target = raw.target ?? targetOf(raw.line, cwd, place);
  if (target === undefined || inRoot(target, place.root) !== place.script || cwd.startsWith('..')) return undefined;
  const base = folderOf(place.script);
  const { args, secrets } = withoutSecrets(raw.line.args);
  const variables = publicVariables(raw.env);
  const isAway = isAbsolutePath(cwd);
  return {
    by: raw.by,
    name: shortLabel(raw.name),
    file: raw.file,
    before: raw.line.before,
    script:
      raw.line.script === null ? null : isAway ? joinPath(place.root, place.script) : relativePath(cwd, place.script),
    module: raw.line.module,
    args,
    cwd: isAway ? cwd : relativePath(base, cwd),
    env: variables.env,
    python: raw.python === undefined ? null : relativeProgram(base, inRoot(raw.python, place.root)),
    secrets: [...variables.secrets, ...secrets],
    open: raw.open ?? [],
    isShell: raw.isShell ?? false,
  };
}

function relativeProgram(base: string, python: string): string {
  return isAbsolutePath(python) || !python.includes('/') ? python : relativePath(base, python);
}

function targetOf({ script, module }: ProgramLine, cwd: string, { read }: LaunchPlace): string | undefined {
  if (script !== null) return joinPath(cwd, script);
  if (module === null) return undefined;
  const stem = joinPath(cwd, module.replaceAll('.', '/'));
  return [`${stem}.py`, `${stem}/__main__.py`, joinPath(cwd, `src/${module.replaceAll('.', '/')}.py`)].find(
    (path) => !isAbsolutePath(path) && read(path) !== null,
  );
}

/** A path below the root, relative to it. Windows names the same disk in capitals or not. */
export function inRoot(path: string, root: string): string {
  const normal = normalPath(path);
  const start = normalPath(root);
  const isDrive = /^[A-Za-z]:/.test(start);
  const [a, b] = isDrive ? [normal.toLowerCase(), start.toLowerCase()] : [normal, start];
  if (a === b) return '.';
  return a.startsWith(b.endsWith('/') ? b : `${b}/`) ? normal.slice(b.endsWith('/') ? b.length : b.length + 1) : normal;
}

/** What a launch is called, or where it stands, as a list shows it. */
function shortLabel(text: string): string {
  return printable(oneLine(text)).slice(0, 100);
}

/** Whether a launch says more than that the script is run from its own folder. */
export function saysSomething({ args, cwd, env, python, module, before, secrets, open }: Launch): boolean {
  const isPlain = before.length === 1 && /^(python3?|node|py)$/.test(before[0] ?? '');
  return (
    args.length > 0 ||
    cwd !== '.' ||
    Object.keys(env).length > 0 ||
    python !== null ||
    module !== null ||
    !isPlain ||
    secrets.length > 0 ||
    open.length > 0
  );
}
