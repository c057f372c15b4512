/**
 * How a debugger runs one trial once more: what the command `tuneboard debug` prints, and what VS Code's `startDebugging`
 * takes with a name. Paths are absolute.
 */
export interface DebugLaunch {
  /** `python`: debugpy. `node`: the editor's own debugger of JavaScript. */
  readonly type: 'python' | 'node';
  /** The script, or for `python` a dotted `module`. */
  readonly program?: string;
  readonly module?: string;
  readonly args: readonly string[];
  /** The interpreter, and its own options before the script. */
  readonly runtime: string;
  readonly runtimeArgs: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The trial that is meant. */
export interface DebuggedTrial {
  readonly number: number;
  readonly params: Readonly<Record<string, unknown>>;
  /** Name of its study in the storage, and its place among the studies of a script. */
  readonly study?: string;
  readonly index?: number;
  /** Steps that its checkpoint was trained, where a scheduler trains it in parts. */
  readonly step?: number;
}
