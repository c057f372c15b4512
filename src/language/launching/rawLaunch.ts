import type { Launch } from '../../protocol/launch.ts';
import { type ProgramLine, programLine } from '../../studyfile/launching/programLine.ts';
import { type ShellCommand, shellCommands } from '../../studyfile/launching/shellLine.ts';
import { joinPath } from './paths.ts';

/** A script of a workspace, and what may be read to find out how it is run. */
export interface LaunchPlace {
  /** Relative to the root of the workspace, with `/`. */
  readonly script: string;
  /** The root's own path, with `/`. */
  readonly root: string;
  /** The text of a regular file of the workspace by its path relative to the root; null where there is none to read. */
  readonly read: (path: string) => string | null;
  readonly platform: 'windows' | 'linux' | 'osx';
}

/** What a reader has found: paths are relative to the root, or absolute. */
export interface RawLaunch extends Pick<Launch, 'by' | 'name' | 'file'> {
  readonly line: ProgramLine;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly python?: string | undefined;
  readonly open?: readonly string[];
  readonly isShell?: boolean;
  /** It names the script itself, and is not made for whatever file is open. */
  readonly isSpecific?: boolean;
  /** A program of the project that calls the script: it is run by its name. */
  readonly target?: string;
}

/** A launch of a shell's command. `folder`: where the shell starts. Undefined where it runs no script. */
export function shellLaunch(
  { words, env, folders, activated, isExpanded }: ShellCommand,
  folder: string,
  named: Pick<Launch, 'by' | 'name' | 'file'>,
): RawLaunch | undefined {
  const line = programLine(words);
  if (!line) return undefined;
  const cwd = folders.reduce(joinPath, folder);
  const venv = activated && 'venv' in activated ? activated.venv : undefined;
  // Its folder is relative to where it was activated, mostly the start.
  const python =
    venv === undefined ? undefined : joinPath(folder, `${venv}/python${/Scripts$/i.test(venv) ? '.exe' : ''}`);
  const conda =
    activated && 'conda' in activated
      ? { ...line, before: ['conda', 'run', '--no-capture-output', '-n', activated.conda, ...line.before] }
      : line;
  return { ...named, line: conda, cwd, env, python, isShell: isExpanded };
}

/** The launches of a line of a recipe or script. */
export function lineLaunches(
  text: string,
  folder: string,
  named: Pick<Launch, 'by' | 'name' | 'file'>,
  env: Readonly<Record<string, string>> = {},
): RawLaunch[] {
  return (shellCommands(text) ?? []).flatMap((command) => {
    const launch = shellLaunch({ ...command, env: { ...env, ...command.env } }, folder, named);
    return launch ? [launch] : [];
  });
}

const DEEPEST = 100;
const MOST_TEXT = 300_000;

/** Whether a text is too long or too deep for what a person writes: parsers of JSON and TOML take long for those, or fail. */
export function isUnreasonable(text: string): boolean {
  let depth = 0;
  for (const bracket of text.length > MOST_TEXT ? '' : text) {
    if (bracket === '[' || bracket === '{') depth++;
    else if (bracket === ']' || bracket === '}') depth--;
    if (depth > DEEPEST) return true;
  }
  return text.length > MOST_TEXT;
}
