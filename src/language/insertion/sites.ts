import type { BestTrial } from '../../protocol/editor.ts';
import type { Literal } from '../literals.ts';

export type BestParam = BestTrial['params'][number];

/**
 * What kind of place a value stands in, strongest first. The value of a parameter is looked for in this order, and only
 * the strongest kind that the file has for it is rewritten:
 *
 *   default   a command line argument's default (argparse, click, parseArgs, yargs, commander)
 *   settings  a keyword of a call that makes settings: `TrainingArguments(…)`, `TrainConfig(…)`, `dict(…)` in a module
 *   constant  a module constant, a class attribute, a key of a dict or object of the module; any key of a YAML or JSON file
 *   suggest   a `suggest_*` call of an objective, replaced by its value, or the value that once replaced it
 *   local     any other keyword, key, variable or default: in an objective before elsewhere, and only where it is clear
 *             which one is meant
 */
export type SiteForm = 'default' | 'settings' | 'constant' | 'suggest' | 'local';

/** A named place in a document where a parameter's value stands, or could. Offsets in UTF-16 code units. */
export interface ValueSite {
  readonly name: string;
  /** Keys around it, outermost first: `['optimizer']` for `optimizer: {lr: 0.1}`. */
  readonly path: readonly string[];
  readonly form: SiteForm;
  /** What the new value replaces. Empty where it is added. */
  readonly start: number;
  readonly end: number;
  /** What stands there; null for an expression, which is never rewritten unless the form is `suggest`. */
  readonly literal: Literal | null;
  /** Text that goes around an added value: `, optim=` … */
  readonly before?: string;
  readonly after?: string;
  /** The value is written as text though it is a number: `default: '0.01'`. */
  readonly asText?: boolean;
  /** Whether it is inside a function that a study calls. */
  readonly inObjective?: boolean;
  /** The value is an operand: brackets go around a negative number, or around anything where a member of it is taken. */
  readonly brackets?: 'negative' | 'always';
  /** A comment says that the parameter's value is here, but not which one it is. */
  readonly isUnclear?: boolean;
  /** Where the call, dict, object, parameter list or class that holds it starts: parameters of one study stand together. */
  readonly container?: number;
  /**
   * What the value is a keyword of: the call, and the step of a pipeline (`clf` of `("clf", SVC(C=1))`). Of a field of a
   * class: the field of another class that holds such an object.
   */
  readonly owners?: readonly string[];
  /** The function or class whose parameter's default it is. */
  readonly parameterOf?: string;
  /** The subcommand whose argument's default it is. */
  readonly subcommand?: string;
  /** What passing the switch makes of the argument: false for `store_false`. */
  readonly passed?: boolean;
  /** The call that a value of the form `suggest` replaces. */
  readonly call?: SuggestCall;
  /** Where a comment with the parameter's name goes when the new value alone would no longer say it. */
  readonly nameComment?: { readonly at: number; readonly text: string };
}

/** Where tuning starts in a file: lenses stand there. */
export interface Anchor {
  readonly kind: 'objective' | 'optimize' | 'search' | 'arguments' | 'studyFile';
  readonly offset: number;
  /** The studies that it belongs to; absent where the file does not tell. */
  readonly studies?: readonly Pick<StudyCall, 'objectives' | 'studyName'>[];
}

/** A place where a value is being typed. */
export interface ValueSlot {
  readonly name: string;
  readonly path: readonly string[];
  /** What is typed already, and where it starts. */
  readonly typed: string;
  readonly start: number;
  readonly asText?: boolean;
}

/** One call of `suggest_float`, `suggest_int` or `suggest_categorical`, as far as its arguments are spelled out. */
export interface SuggestCall {
  readonly method: 'float' | 'int' | 'categorical';
  readonly name: string;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly start: number;
  readonly end: number;
  /** The function it is in; two calls of one name matter only within one study's objective. */
  readonly scope: string;
  readonly low: Argument | null;
  readonly high: Argument | null;
  readonly step: Argument | null;
  readonly log: Argument | null;
  readonly choices: Argument | null;
}

/** An argument of a call. `from` is where its keyword starts, if it has one. */
export interface Argument {
  readonly from: number;
  readonly start: number;
  readonly end: number;
  readonly literal: Literal | null;
  readonly text: string;
}

/** One `study.optimize(…)`. */
export interface StudyCall {
  /** What stands before `.optimize`. */
  readonly receiver: string;
  /** Names of the functions or classes that it runs. */
  readonly objectives: readonly string[];
  /** An objective that is written as an argument. */
  readonly inline: { readonly from: number; readonly to: number } | null;
  readonly studyName: string | null;
  readonly start: number;
  readonly lineStart: number;
  readonly indent: string;
  /** Whether a statement may go on a line of its own before it. */
  readonly canPrecede: boolean;
}

/** A suggest call whose name is put together while it runs: `f"n_units_l{i}"`, `"lr_" + name`. */
export interface OpenNameCall {
  readonly start: number;
  readonly end: number;
  /** The expression that gives the name. */
  readonly nameText: string;
  /** The fixed parts of the name, one more than there are open ones. */
  readonly pieces: readonly string[];
  /** The one open part where that is a variable. */
  readonly variable: string | null;
  readonly low: Argument | null;
  readonly high: Argument | null;
  readonly step: Argument | null;
  readonly brackets?: ValueSite['brackets'];
}

/** What a file says about its searches. */
export interface SearchParts {
  readonly studies: readonly StudyCall[];
  readonly openNames: readonly OpenNameCall[];
  /** Where functions and classes stand, by name. */
  readonly functions: ReadonlyMap<string, { readonly from: number; readonly to: number }>;
  /** Names that the file gives to something. */
  readonly assigned: ReadonlySet<string>;
}

/** Text to put in for parameters that a document has no place for. */
export interface NewBlock {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What the editor knows about one document, whatever its language. */
export interface CodeFile {
  readonly text: string;
  readonly sites: readonly ValueSite[];
  readonly anchors: readonly Anchor[];
  readonly suggestCalls: readonly SuggestCall[];
  /** Absent where the language has no studies of its own. */
  readonly search?: SearchParts;
  /** The value as the language writes it; `like` is what it replaces (its quotes are kept). */
  print(param: BestParam, like?: string): string;
  /** Places where a value could be added that the file does not have: only where a call is known to take it. */
  additions(names: readonly string[]): readonly ValueSite[];
  slotAt(offset: number): ValueSlot | null;
  /** A dict or object with all parameters, to go in at the cursor; null where none can be put. */
  newBlock(best: BestTrial, offset: number): NewBlock | null;
}

/** How well a written name names a parameter: 2 exactly, 1 but for case, underscores and dashes, 0 not at all. */
export function nameMatch(written: string, wanted: string): 0 | 1 | 2 {
  if (written === wanted) return 2;
  return foldName(written) === foldName(wanted) ? 1 : 0;
}

export function foldName(name: string): string {
  return name.replace(/[_\-\s]/g, '').toLowerCase();
}

/** How a call has to be replaced, by the expression that it is in (Lezer's names, alike in Python and JavaScript). */
export function bracketsIn(parent: string | undefined, isFirst: boolean): Pick<ValueSite, 'brackets'> {
  if (parent === 'MemberExpression' && isFirst) return { brackets: 'always' };
  return parent === 'UnaryExpression' || parent === 'BinaryExpression' ? { brackets: 'negative' } : {};
}
