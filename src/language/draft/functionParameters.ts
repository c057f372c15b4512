import type { SyntaxNode } from '@lezer/common';
import { declaredDefault } from '../python/argumentDefaults.ts';
import type { PythonFile } from '../python/pythonFile.ts';
import { pythonLiteral, slice } from '../python/tree.ts';
import { enumChoices, literalChoices } from './annotations.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import type { ScriptArgument } from './scriptArgument.ts';

/**
 * What makes the command line: typer's arguments without a default have no flag, fire's flags are no dashed words, and
 * jsonargparse has no switches.
 */
export type Maker = 'typer' | 'tyro' | 'fire' | 'cyclopts' | 'jsonargparse';

/** `annotation` is what the parameter's type is written as. */
export interface DeclaredParameter extends ScriptArgument {
  readonly annotation?: string;
}

/** The parameters of a function or method, as arguments. */
export function readParameters(definition: SyntaxNode, file: PythonFile, maker: Maker): DeclaredParameter[] {
  const list = definition.getChild('ParamList');
  if (!list) return [];
  const found: DeclaredParameter[] = [];
  for (let node = list.firstChild; node; node = node.nextSibling) {
    const previous = node.prevSibling?.name;
    if (node.name !== 'VariableName' || (previous !== '(' && previous !== ',')) continue;
    const name = slice(file.text, node);
    if (name === 'self' || name === 'ctx') continue;
    const type = node.nextSibling?.name === 'TypeDef' ? node.nextSibling : null;
    const operator = (type ?? node).nextSibling;
    const value = operator?.name === 'AssignOp' ? operator.nextSibling : null;
    found.push(readParameter(name, type ? slice(file.text, type) : '', value, file, maker));
  }
  return found;
}

function readParameter(
  name: string,
  annotation: string,
  value: SyntaxNode | null,
  file: PythonFile,
  maker: Maker,
): DeclaredParameter {
  const initial = resolve(declaredDefault(value, file.text), file);
  const written = annotation
    .replace(/^:\s*(?:\w+\.)?Annotated\[\s*([\w.]+(?:\[[^\]]*\])?)[\s\S]*$/, '$1')
    .replace(/^:\s*/, '');
  const type = typeOf(written, initial);
  const choices = literalChoices(written) ?? enumChoices(written, file);
  const dashed = name.replaceAll('_', '-');
  const isAsNamed = maker === 'fire' || maker === 'jsonargparse';
  const flag = value === null && maker === 'typer' ? null : isAsNamed ? `--${name}` : `--${dashed}`;
  const isList = /\b(List|list|Tuple|tuple)\b/.test(written) || pythonLiteral(value, file.text)?.type === 'list';
  const off = maker === 'fire' ? `--no${name}` : `--no-${dashed}`;
  return {
    name,
    flag,
    type,
    initial,
    choices,
    ...(type === 'boolean' && flag && maker !== 'jsonargparse' ? { switch: { on: flag, off } } : {}),
    ...(isList ? { awkward: 'list' as const } : {}),
    required: value === null,
    ...(written === '' ? {} : { annotation: written }),
  };
}
