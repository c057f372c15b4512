import type { SyntaxNode } from '@lezer/common';
import { type Literal, literalsIn } from '../../literals.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import { parsePython, pythonLiteral, slice } from '../../python/tree.ts';
import { classNamed } from './classesOf.ts';

/** The values that `Literal['a', 'b']` allows, also where it is optional; null for another annotation. */
export function literalChoices(annotation: string): Literal[] | null {
  const inside = /^(?:(?:\w+\.)?Optional\[\s*)?(?:\w+\.)?Literal\[([^\]]*)\]/.exec(annotation)?.[1];
  if (inside === undefined) return null;
  const list = `[${inside}]`;
  const node = parsePython(list).topNode.getChild('ExpressionStatement')?.getChild('ArrayExpression') ?? null;
  return literalsIn(pythonLiteral(node, list));
}

/** The values of an `Enum` of the module; null for another annotation. */
export function enumChoices(annotation: string, file: PythonFile): Literal[] | null {
  const values = enumMembers(annotation, file)?.map((member) =>
    pythonLiteral(member.getChild('AssignOp')?.nextSibling ?? null, file.text),
  );
  return values?.every((value) => value !== null) ? values : null;
}

/** The names of the members of an `Enum` of the module; null for another annotation. */
export function enumNames(annotation: string, file: PythonFile): Literal[] | null {
  const names = enumMembers(annotation, file)?.map((member) => member.getChild('VariableName'));
  return names?.every((name) => name != null)
    ? names.map((name) => ({ type: 'string', value: slice(file.text, name) }))
    : null;
}

function enumMembers(annotation: string, file: PythonFile): SyntaxNode[] | null {
  const name = /^(?:Optional\[)?([A-Za-z_]\w*)\]?$/.exec(annotation)?.[1];
  const definition = name ? classNamed(name, file) : null;
  const bases = definition?.getChild('ArgList');
  if (!definition || !bases || !/Enum\)$/.test(slice(file.text, bases))) return null;
  return definition.getChild('Body')?.getChildren('AssignStatement') ?? [];
}

/** `--lr` of `typer.Option(0.1, "--lr")`, both of `"--amp/--no-amp"`, `--lr` of `Parameter(name="lr")`; none where none is given. */
export function givenFlags(declared: string): readonly (string | undefined)[] {
  if (!/\b(?:Option|Parameter|arg)\(/.test(declared)) return [];
  const [, on, off] = /["'](--[\w-]+)(?:\s*\/\s*(--[\w-]+))?["']/.exec(declared) ?? [];
  if (on) return [on, off];
  const name =
    /\b(?:Parameter|arg)\((?:[^()]*,)?\s*name\s*=\s*["']([\w-]+)["']/.exec(declared)?.[1] ??
    /["'](-\w)["']/.exec(declared)?.[1];
  return name === undefined ? [] : [name.startsWith('-') ? name : `--${name}`];
}
