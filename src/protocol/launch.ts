/**
 * How a person runs a script already: a debug configuration, a target of a Makefile, a script of a project, a line in the
 * terminal. Found by reading, shown in the draft of a study file, never run before that.
 */
export interface Launch {
  readonly by: 'debug' | 'make' | 'pyproject' | 'package' | 'terminal';
  /** Its name where it is defined. */
  readonly name: string;
  /** The file that defines it, relative to the workspace; empty for the terminal. */
  readonly file: string;
  /** Words before the script or module. */
  readonly before: readonly string[];
  /** The script as the command names it, relative to `cwd`; null where a module, or a program of the project, is run. */
  readonly script: string | null;
  readonly module: string | null;
  readonly args: readonly string[];
  /** Working folder, relative to the folder of the script (`.`, `../..`), or absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Interpreter, relative to the folder of the script where it is in the workspace; null: it is found. */
  readonly python: string | null;
  /** Variables and options whose values look like secrets: they are left out. */
  readonly secrets: readonly string[];
  /** What only a person can fill in: `${input:epochs}`. */
  readonly open: readonly string[];
  /** A shell has to read the command: it has variables or patterns. */
  readonly isShell: boolean;
}

/** Request extension → server: the ways in which a script is run already, the best first. */
export const FIND_LAUNCHES = 'tuneboard/findLaunches';

export interface FindLaunchesParams {
  readonly uri: string;
  /** URI of the workspace folder: nothing outside it is read. */
  readonly root: string;
}

/** What a terminal of the window has seen of a command: the input of `tuneboard draft SCRIPT --terminal`, as JSON. */
export interface TerminalCommand {
  readonly line: string;
  /** Absolute working folder of the shell. */
  readonly folder: string;
  /** Absolute path of the workspace folder. */
  readonly root: string;
  /** What lines before it have set in the same terminal. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment that is active in the terminal: absolute folder of a venv's programs, or conda's name. */
  readonly activated: { readonly venv: string } | { readonly conda: string } | null;
  /** What it printed, the end of it where that is long. */
  readonly printed: string;
  /** The metric that a person has chosen from what it printed. */
  readonly metric: { readonly name: string; readonly direction: 'minimize' | 'maximize' } | null;
  /** The language of the draft, as VS Code names it. */
  readonly locale: string;
}
