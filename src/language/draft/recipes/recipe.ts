/**
 * What is known of the trainings of one framework, as data: ranges that others found good, what it reports and how long it
 * trains. Names are as the framework writes them.
 */
export interface Recipe {
  readonly name: string;
  /** A paper or documentation to read further; ranges that it does not have are our own. */
  readonly source: string;
  /** Modules, one of which a script imports; empty for a recipe of configuration files. */
  readonly imports: readonly string[];
  /** Calls that take the parameters by keyword; a name of a class without its module. */
  readonly calls: readonly string[];
  /** Whether its names also count in dicts, constants and arguments of the command line of a script that imports it. */
  readonly anywhere?: true;
  /** By parameter. */
  readonly space: Readonly<Record<string, RecipeRange>>;
  /** Which way is better, by what it reports. */
  readonly metrics: Readonly<Record<string, 'minimize' | 'maximize'>>;
  /** Parameters that say how long a trial trains, in epochs, steps or rounds. */
  readonly fidelity: readonly string[];
  /** Of a framework whose program reads a configuration file. */
  readonly file?: {
    /** Keys of the root, or texts, all of which the file has. */
    readonly has: readonly string[];
    /** `{file}` is the configuration file. */
    readonly command: string;
  };
}

/** The range of a parameter, which is widened where a script has another value. */
export type RecipeRange =
  | {
      readonly low: number;
      readonly high: number;
      readonly log?: true;
      /** Whole numbers only. */
      readonly int?: true;
    }
  | { readonly choices: readonly (number | string | boolean)[] };
