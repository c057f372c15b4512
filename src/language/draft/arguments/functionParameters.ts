import type { SyntaxNode } from '@lezer/common';
import { declaredDefault } from '../../python/argumentDefaults.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import { pythonLiteral, slice } from '../../python/tree.ts';
import { enumChoices, enumNames, givenFlags, literalChoices } from './annotations.ts';
import { fieldsOf } from './classFields.ts';
import { dottedField, inside, nested, tyroField } from './fieldMakers.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import type { ScriptArgument } from './scriptArgument.ts';

/**
 * What makes the command line: typer's arguments without a default have no flag, fire's flags are no dashed words, and
 * jsonargparse has no switches.
 */
export type Maker = 'typer' | 'tyro' | 'fire' | 'cyclopts' | 'jsonargparse';

/** The parameters of a function or method, as arguments; one whose type is a class with fields has a flag for each of these. */
export function readParameters(definition: SyntaxNode, file: PythonFile, maker: Maker): ScriptArgument[] {
  const list = definition.getChild('ParamList');
  if (!list) return [];
  const found: ScriptArgument[] = [];
  const slash = slice(file.text, list).search(/,\s*\/\s*[,)]/);
  for (let node = list.firstChild; node; node = node.nextSibling) {
    const previous = node.prevSibling?.name;
    if (node.name !== 'VariableName' || (previous !== '(' && previous !== ',')) continue;
    const name = slice(file.text, node);
    if (name === 'self' || name === 'ctx') continue;
    const type = node.nextSibling?.name === 'TypeDef' ? node.nextSibling : null;
    const operator = (type ?? node).nextSibling;
    const value = operator?.name === 'AssignOp' ? operator.nextSibling : null;
    const annotation = type ? slice(file.text, type) : '';
    const argument = readParameter(name, annotation, value, file, maker);
    // What is declared before a `/` goes by place alone.
    const own = node.from < list.from + slash ? { ...argument, flag: null } : argument;
    found.push(...(readClass(name, typeIn(annotation), file, maker) ?? [own]));
  }
  return found;
}

/** `float` of `: float` and of `: Annotated[float, …]`. */
function typeIn(annotation: string): string {
  const inside = /^:\s*(?:\w+\.)?Annotated\[\s*([\w.]+(?:\[[^\]]*\])?)/.exec(annotation)?.[1];
  return inside ?? annotation.replace(/^:\s*/, '');
}

/** A flag for each field of a class; null where the type is none, or its fields are not of this maker's arguments. */
function readClass(name: string, type: string, file: PythonFile, maker: Maker): ScriptArgument[] | null {
  const isJson = maker === 'jsonargparse';
  if (!isJson && maker !== 'tyro' && maker !== 'cyclopts') return null;
  const fields = fieldsOf(type, file, isJson ? dottedField : tyroField);
  if (fields.length === 0) return null;
  // cyclopts' `Parameter(name="*")` leaves the outer name out, of some classes.
  if (maker === 'cyclopts' && /\bname\s*=\s*["']\*["']/.test(file.text)) return [];
  return fields.map((field) => (isJson ? nested(name, field) : inside(name, field)));
}

function readParameter(
  name: string,
  annotation: string,
  value: SyntaxNode | null,
  file: PythonFile,
  maker: Maker,
): ScriptArgument {
  const initial = resolve(declaredDefault(value, file.text), file);
  const written = typeIn(annotation);
  const type = typeOf(written, initial);
  const choices =
    literalChoices(written) ?? (maker === 'typer' || maker === 'fire' ? enumChoices : enumNames)(written, file);
  const declared = `${annotation} ${value?.name === 'CallExpression' ? slice(file.text, value) : ''}`;
  const isByPlace =
    maker === 'typer' && (/\bArgument\(/.test(declared) || (value === null && !/\bOption\(/.test(declared)));
  const isAsNamed = maker === 'fire' || maker === 'jsonargparse';
  const usual = `--${isAsNamed ? name : name.replaceAll('_', '-')}`;
  const [, negative] = NEGATIVE.exec(declared) ?? [];
  const flags = givenFlags(declared.replace(NEGATIVE, ''));
  const [given = usual, givenOff = negative] = flags;
  const flag = isByPlace ? null : given;
  const isList = /\b(List|list|Tuple|tuple)\b/.test(written) || pythonLiteral(value, file.text)?.type === 'list';
  const usualOff = maker === 'fire' ? `--no${name}` : given.replace('--', '--no-');
  // typer has no word for off where the word for on is given alone.
  const off = givenOff === undefined ? (maker === 'typer' && flags.length > 0 ? null : usualOff) : givenOff || null;
  return {
    name,
    flag,
    type,
    initial,
    choices,
    ...(type === 'boolean' && flag && maker !== 'jsonargparse' ? { switch: { on: flag, off } } : {}),
    ...(isList ? { awkward: 'list' as const } : {}),
    ...(type === 'boolean' && off === null && flag && initial?.value === true ? { awkward: 'onlyOn' as const } : {}),
    required: value === null || /\b(?:Option|Argument)\(\s*\.\.\./.test(declared),
  };
}

/** cyclopts' `Parameter(negative="--full")`, or none. */
const NEGATIVE = /\bnegative\s*=\s*["']([^"']*)["']/;
