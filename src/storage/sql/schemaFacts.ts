/** One column that holds text: how much, and when two texts are the same to it. */
export interface TextColumn {
  /** Characters, or undefined where bytes count. */
  readonly characters?: number | undefined;
  readonly bytes?: number | undefined;
  /** The largest code point that its encoding is known to have; undefined where it has all, or that is not known. */
  readonly largest?: number | undefined;
  /** What two texts may differ in and be the same to it; each word of it stands for those before too. Undefined: nothing. */
  readonly ignores?: 'trailing blanks' | 'case' | 'accents' | undefined;
}

/** A database as it was found: Optuna's tables in it, and what they can keep. */
export interface SchemaFacts {
  readonly tables: ReadonlySet<string>;
  /** By table and column, as `trial_params.param_name`. */
  readonly texts: ReadonlyMap<string, TextColumn>;
  /** Digits of seconds that times keep: 0 in MySQL, 6 else. */
  readonly secondDigits: number;
  /** Rustuna's column of hidden trials. */
  readonly hasDiscarded: boolean;
}
