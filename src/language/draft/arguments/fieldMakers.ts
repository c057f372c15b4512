import type { Literal } from '../../literals.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import { enumChoices, enumNames, givenFlags, literalChoices } from './annotations.ts';
import { argumentOf, type Field, fieldsOf } from './classFields.ts';
import type { ScriptArgument } from './scriptArgument.ts';

/** HfArgumentParser: a bool is read as `--flag true`, a member of an Enum by its value. */
export function huggingFaceField(field: Field, file: PythonFile): readonly ScriptArgument[] {
  return [
    { ...plainArgument(field, file), choices: literalChoices(field.annotation) ?? enumChoices(field.annotation, file) },
  ];
}

/** `--name value`, where a member of an Enum is read by its name. */
export function plainArgument(field: Field, file: PythonFile): ScriptArgument {
  const choices = field.choices ?? literalChoices(field.annotation) ?? enumNames(field.annotation, file);
  return { ...argumentOf(field), flag: `--${field.name}`, choices };
}

/** simple_parsing: a bool is read as `--flag true`; fields of a dataclass within are flags like all others. */
export function simpleField(field: Field, file: PythonFile, within: readonly string[]): readonly ScriptArgument[] {
  const inner = fieldsOf(field.annotation, file, simpleField, within);
  return inner.length > 0 ? inner : [plainArgument(field, file)];
}

/** jsonargparse: a bool is read as `--flag true`, the fields of a class within are `--outer.inner`. */
export function dottedField(field: Field, file: PythonFile, within: readonly string[]): readonly ScriptArgument[] {
  const inner = fieldsOf(classIn(field.annotation), file, dottedField, within);
  if (inner.length > 0) return inner.map((argument) => nested(field.name, argument));
  return [plainArgument(field, file)];
}

/** OmegaConf and Hydra: `outer.inner=0.1`. */
export function assignedField(field: Field, file: PythonFile, within: readonly string[]): readonly ScriptArgument[] {
  return dottedField(field, file, within).map((one) => ({ ...one, flag: null, isAssigned: true }));
}

/** As tyro reads a bool that is no switch. */
const BOOLS: readonly Literal[] = ['True', 'False'].map((value) => ({ type: 'string', value }));

/** tyro: a bool is `--flag` or `--no-flag`; the fields of a dataclass within are `--outer.inner`. */
export function tyroField(field: Field, file: PythonFile, within: readonly string[]): readonly ScriptArgument[] {
  const inner = fieldsOf(field.annotation, file, tyroField, within);
  if (inner.length > 0) {
    const hasPrefix = !/\bOmitArgPrefixes\b/.test(file.text);
    return hasPrefix ? inner.map((argument) => inside(field.name, argument)) : inner;
  }
  const [flag = `--${field.name.replaceAll('_', '-')}`] = givenFlags(field.annotation);
  const made = { ...argumentOf(field), flag, choices: literalChoices(field.annotation) };
  if (made.type !== 'boolean') return [made];
  if (/\bFlagConversionOff\b/.test(file.text)) return [{ ...made, type: 'string', choices: BOOLS }];
  return [{ ...made, switch: { on: flag, off: flag.replace('--', '--no-') } }];
}

export function nested(outer: string, argument: ScriptArgument): ScriptArgument {
  const flag = argument.flag?.replace(/^--/, `--${outer}.`) ?? null;
  return { ...argument, name: `${outer}.${argument.name}`, flag };
}

/** `Optim` of `Optional[Optim]` and of `Optim | None`. */
export function classIn(annotation: string): string {
  return annotation.replace(/^(?:\w+\.)?Optional\[(\w+)\]$/, '$1').replace(/(?<!\s)\s*\|\s*None$/, '');
}

export function inside(outer: string, argument: ScriptArgument): ScriptArgument {
  const prefix = outer.replaceAll('_', '-');
  const flagged = (flag: string) => flag.replace(/^--(no-)?/, (_, off?: string) => `--${prefix}.${off ?? ''}`);
  const { flag, switch: given } = argument;
  return {
    ...argument,
    name: `${outer}.${argument.name}`,
    flag: flag && flagged(flag),
    ...(given ? { switch: { on: flagged(given.on), off: given.off && flagged(given.off) } } : {}),
  };
}
