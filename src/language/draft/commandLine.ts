import type { ScriptArgument, ScriptArguments } from './arguments/scriptArgument.ts';

/** Parameters of the study that stand in the command, by the argument that they are for. */
export interface CommandPart {
  readonly argument: ScriptArgument;
  /** `{lr}`; null for an argument that the script must get but that is not searched. */
  readonly placeholder: string | null;
  /** A value below 0 must not look like a flag. */
  readonly mayBeNegative: boolean;
}

/** `python train.py --lr {lr}`: the program, the script, the subcommand and the arguments in the script's order. */
export function commandLine(
  interpreter: readonly string[],
  scriptPath: string,
  script: ScriptArguments,
  parts: readonly CommandPart[],
): string {
  const words = [...interpreter, scriptPath].map(quoteWord);
  const before = parts.filter(({ argument }) => !script.ofSubcommand.has(argument));
  const after = parts.filter(({ argument }) => script.ofSubcommand.has(argument));
  const own = [...ordered(before), ...(script.subcommand ? [quoteWord(script.subcommand)] : []), ...ordered(after)];
  return [...words, ...own].join(' ');
}

/** Switches first (a switch that is off is left out: no flag may stand before it), then options, then what goes by place. */
export function ordered(parts: readonly CommandPart[]): string[] {
  const switches = parts.filter(({ argument }) => argument.switch);
  const options = parts.filter(({ argument }) => !argument.switch && argument.flag !== null);
  const places = parts.filter(({ argument }) => !argument.switch && argument.flag === null);
  return [...switches, ...options, ...places].map(wordOf);
}

function wordOf({ argument, placeholder, mayBeNegative }: CommandPart): string {
  const value = placeholder ?? argument.name.toUpperCase();
  if (argument.isAssigned) return `${argument.name}=${value}`;
  if (argument.switch || argument.flag === null) return value;
  return mayBeNegative && argument.flag.startsWith('--') ? `${argument.flag}=${value}` : `${argument.flag} ${value}`;
}

/** One word of a study file's command: quoted where it has blanks or quotes, braces doubled. */
export function quoteWord(word: string): string {
  const text = word.replaceAll('{', '{{').replaceAll('}', '}}');
  if (text !== '' && !/[\s"']/.test(text) && !/\\["'\s\\]/.test(text)) return text;
  return `"${text.replace(/\\(?=["'\s\\])|"/g, (all) => `\\${all}`)}"`;
}
