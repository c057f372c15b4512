import type { SyntaxNode } from '@lezer/common';
import type { Literal } from '../literals.ts';
import { declaredDefault } from '../python/argumentDefaults.ts';
import type { PythonFile } from '../python/pythonFile.ts';
import { functionName } from '../python/scopes.ts';
import { pythonLiteral, slice } from '../python/tree.ts';
import { trainingSubcommand } from '../subcommand.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** The parameters of the function that typer or fire makes a command line of. */
export function functionArguments(file: PythonFile): ScriptArguments {
  const fire = /\bFire\(\s*([A-Za-z_]\w*)/.exec(file.text)?.[1];
  const typer = /\btyper\.run\(\s*([A-Za-z_]\w*)/.exec(file.text)?.[1];
  const commands: SyntaxNode[] = [];
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'FunctionDefinition') return;
      const name = functionName(ref.node, file.text);
      if (name === fire || name === typer || (/\btyper\b/.test(file.text) && isTyperCommand(ref.node, file.text))) {
        commands.push(ref.node);
      }
    },
  });
  const names = commands.map((command) => functionName(command, file.text).replaceAll('_', '-'));
  const chosen = Math.max(0, names.indexOf(trainingSubcommand(names) ?? ''));
  const definition = commands[chosen];
  if (!definition) return NO_ARGUMENTS;
  const parameters = readParameters(
    definition,
    file,
    fire !== undefined && fire === functionName(definition, file.text),
  );
  const isMulti = commands.length > 1;
  return {
    arguments: parameters,
    subcommand: isMulti ? (names[chosen] as string) : null,
    otherSubcommands: isMulti ? names.filter((_, at) => at !== chosen) : [],
    ofSubcommand: new Set(isMulti ? parameters : []),
  };
}

function isTyperCommand(definition: SyntaxNode, text: string): boolean {
  const decorators = definition.parent?.name === 'DecoratedStatement' ? definition.parent.getChildren('Decorator') : [];
  return decorators.some((decorator) => /\.command\b/.test(slice(text, decorator)));
}

function readParameters(definition: SyntaxNode, file: PythonFile, isFire: boolean): ScriptArgument[] {
  const list = definition.getChild('ParamList');
  if (!list) return [];
  const found: ScriptArgument[] = [];
  for (let node = list.firstChild; node; node = node.nextSibling) {
    const previous = node.prevSibling?.name;
    if (node.name !== 'VariableName' || (previous !== '(' && previous !== ',')) continue;
    const name = slice(file.text, node);
    if (name === 'self' || name === 'ctx') continue;
    const type = node.nextSibling?.name === 'TypeDef' ? node.nextSibling : null;
    const operator = (type ?? node).nextSibling;
    const value = operator?.name === 'AssignOp' ? operator.nextSibling : null;
    found.push(readParameter(name, type ? slice(file.text, type) : '', value, file, isFire));
  }
  return found;
}

function readParameter(
  name: string,
  annotation: string,
  value: SyntaxNode | null,
  file: PythonFile,
  isFire: boolean,
): ScriptArgument {
  const initial = resolve(declaredDefault(value, file.text), file);
  const written = annotation
    .replace(/^:\s*(?:\w+\.)?Annotated\[\s*([\w.]+(?:\[[^\]]*\])?)[\s\S]*$/, '$1')
    .replace(/^:\s*/, '');
  const type = typeOf(written, initial);
  const choices = enumChoices(written, file);
  const dashed = name.replaceAll('_', '-');
  const flag = value === null && !isFire ? null : isFire ? `--${name}` : `--${dashed}`;
  const isList = /\b(List|list|Tuple|tuple)\b/.test(written) || pythonLiteral(value, file.text)?.type === 'list';
  const off = isFire ? `--no${name}` : `--no-${dashed}`;
  return {
    name,
    flag,
    type,
    initial,
    choices,
    ...(type === 'boolean' && flag ? { switch: { on: flag, off } } : {}),
    ...(isList ? { awkward: 'list' as const } : {}),
    required: value === null,
  };
}

/** The values of an `Enum` of the module, which typer takes by their text. */
function enumChoices(annotation: string, file: PythonFile): Literal[] | null {
  const name = /^(?:Optional\[)?([A-Za-z_]\w*)\]?$/.exec(annotation)?.[1];
  const declared = name ? new RegExp(`^class\\s+${name}\\s*\\([^)]*Enum\\)`, 'm').exec(file.text) : null;
  if (!declared) return null;
  const definition = file.tree.resolveInner(declared.index, 1).parent;
  const members = definition?.getChild('Body')?.getChildren('AssignStatement') ?? [];
  const values = members.map((member) => pythonLiteral(member.getChild('AssignOp')?.nextSibling ?? null, file.text));
  return values.every((value) => value !== null) ? values : null;
}
