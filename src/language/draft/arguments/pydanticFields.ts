import type { SyntaxNode } from '@lezer/common';
import type { PythonFile } from '../../python/pythonFile.ts';
import { lastName, readArguments, slice } from '../../python/tree.ts';
import { classNamed } from './classesOf.ts';
import { fieldsOf, type ParsedClasses, type ReadField } from './classFields.ts';
import { classIn, plainArgument } from './fieldMakers.ts';
import type { ScriptArgument } from './scriptArgument.ts';

/** How pydantic-settings writes flags: with dashes for `_`, and a bool as `--amp` or `--no-amp`, not with its value. */
interface FlagStyle {
  readonly kebab: boolean;
  readonly implicit: boolean;
}

/** `class Settings(BaseSettings, cli_parse_args=True)`, or that in its `model_config`. */
export function settingsOf(definition: SyntaxNode, file: PythonFile): ParsedClasses | null {
  const name = definition.getChild('VariableName');
  if (!name || !/\bcli_parse_args\s*=\s*True\b/.test(slice(file.text, definition))) return null;
  const own = slice(file.text, name);
  return isSettings(own, file) ? parsedSettings([own], file) : null;
}

/** What `CliApp.run` is given. A plain model has dashes and switches there, whatever its own configuration says. */
export function parsedSettings(names: readonly string[], file: PythonFile): ParsedClasses | null {
  // Subcommands and prefixes change what every other flag is called, or where it stands.
  if (/\bCliSubCommand\b|\bcli_prefix\b/.test(file.text)) return null;
  const isPlain = !names.some((name) => isSettings(name, file));
  const sets = (key: string) => new RegExp(`\\b${key}["']?\\s*[=:]\\s*True\\b`).test(file.text);
  const style = { kebab: isPlain || sets('cli_kebab_case'), implicit: isPlain || sets('cli_implicit_flags') };
  return { names, read: settingsField(style) };
}

function isSettings(className: string, file: PythonFile, deeper: readonly string[] = []): boolean {
  const list = deeper.includes(className) ? null : classNamed(className, file)?.getChild('ArgList');
  const bases = readArguments(list ?? null, file.text).positional.map((base) => lastName(slice(file.text, base)));
  return bases.some((base) => base === 'BaseSettings' || isSettings(base, file, [...deeper, className]));
}

function settingsField(style: FlagStyle): ReadField {
  const read: ReadField = (field, file, within) => {
    const inner = fieldsOf(classIn(field.annotation), file, read, within);
    if (inner.length > 0) return inner.map((argument) => innerOf(field.name, argument)).map(styled);
    if (field.alias === null) return [];
    const flag = `--${field.alias ?? field.name}`;
    const made = { ...plainArgument(field, file), flag };
    if (/\bCliPositionalArg\b/.test(field.annotation)) return [{ ...made, flag: null }];
    const hasValue = style.implicit ? /\bCliExplicitFlag\b/ : /^(?!.*\bCliImplicitFlag\b)/;
    if (made.type !== 'boolean' || hasValue.test(field.annotation)) return [styled(made)];
    return [styled({ ...made, switch: { on: flag, off: flag.replace('--', '--no-') } })];
  };
  const written = (flag: string) => (style.kebab ? flag.replaceAll('_', '-') : flag);
  const styled = (one: ScriptArgument): ScriptArgument => ({
    ...one,
    flag: one.flag && written(one.flag),
    ...(one.switch ? { switch: { on: written(one.switch.on), off: one.switch.off && written(one.switch.off) } } : {}),
  });
  return read;
}

/** `--outer.lr`, and `--no-outer.amp` of a switch. */
function innerOf(outer: string, argument: ScriptArgument): ScriptArgument {
  const flagged = (flag: string) => flag.replace(/^--(no-)?/, (start) => `${start}${outer}.`);
  const { flag, switch: given } = argument;
  return {
    ...argument,
    name: `${outer}.${argument.name}`,
    flag: flag?.replace(/^--/, `--${outer}.`) ?? null,
    ...(given ? { switch: { on: given.on.replace(/^--/, `--${outer}.`), off: given.off && flagged(given.off) } } : {}),
  };
}
