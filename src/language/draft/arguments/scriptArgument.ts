import type { Literal } from '../../literals.ts';

/** One command line argument of a script, as far as its source tells. */
export interface ScriptArgument {
  /** Its name in the program, and of the parameter: `batch_size`. */
  readonly name: string;
  /** How it is written on the command line; null for a positional one. */
  readonly flag: string | null;
  /** Other ways to write it: `-b`. */
  readonly aliases?: readonly string[];
  readonly type: 'float' | 'int' | 'string' | 'boolean' | 'path' | 'unknown';
  readonly initial: Literal | null;
  readonly choices: readonly Literal[] | null;
  /** Bounds that the script itself checks. */
  readonly low?: number;
  readonly high?: number;
  /** How a switch is written: on, and off where it can be switched off. */
  readonly switch?: { readonly on: string; readonly off: string | null };
  readonly required: boolean;
  /** Written as `name=value`, as Hydra has it. */
  readonly isAssigned?: true;
  /**
   * Not for a search: takes several values, shares a group with an argument that excludes it, is converted by Python's
   * `bool`, to which "false" is true, or is a switch that is on and has no word that switches it off.
   */
  readonly awkward?: 'list' | 'exclusive' | 'bool' | 'onlyOn';
}

/** What a script takes: its arguments in order, under the subcommand that trains where it has several. */
export interface ScriptArguments {
  readonly arguments: readonly ScriptArgument[];
  readonly subcommand: string | null;
  readonly otherSubcommands: readonly string[];
  /** The function that is run, where its name is known. */
  readonly runs?: string;
  /** Arguments of the subcommand go after it, the others before. */
  readonly ofSubcommand: ReadonlySet<ScriptArgument>;
}

export const NO_ARGUMENTS: ScriptArguments = {
  arguments: [],
  subcommand: null,
  otherSubcommands: [],
  ofSubcommand: new Set(),
};
