import type { SyntaxNode } from '@lezer/common';
import { declaredDefault } from '../python/argumentDefaults.ts';
import type { PythonFile } from '../python/pythonFile.ts';
import { functionName } from '../python/scopes.ts';
import { pythonLiteral, slice } from '../python/tree.ts';
import { trainingSubcommand } from '../subcommand.ts';
import { enumChoices, literalChoices } from './annotations.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** The parameters of the function or class that typer or fire makes a command line of. */
export function functionArguments(file: PythonFile): ScriptArguments {
  const fire = /\bFire\(\s*([A-Za-z_]\w*)/.exec(file.text)?.[1];
  const ofClass = fire === undefined ? null : classArguments(fire, file);
  if (ofClass) return ofClass;
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

/** fire takes what `__init__` wants as flags, and a public method as the subcommand, with its own flags after it. */
function classArguments(name: string, file: PythonFile): ScriptArguments | null {
  const methods = new Map<string, SyntaxNode>();
  file.tree.iterate({
    enter({ name: kind, node }) {
      const owner = kind === 'FunctionDefinition' ? classOf(node) : null;
      const ownName = owner?.getChild('VariableName');
      if (ownName && slice(file.text, ownName) === name) methods.set(functionName(node, file.text), node);
    },
  });
  if (methods.size === 0) return null;
  const names = [...methods.keys()].filter((method) => !method.startsWith('_'));
  const subcommand = trainingSubcommand(names);
  const read = (method: SyntaxNode | undefined) => (method ? readParameters(method, file, true) : []);
  const [made, own] = [read(methods.get('__init__')), read(methods.get(subcommand ?? ''))];
  return {
    arguments: [...made, ...own],
    subcommand,
    otherSubcommands: names.filter((method) => method !== subcommand),
    ofSubcommand: new Set(own),
  };
}

function classOf(method: SyntaxNode): SyntaxNode | null {
  const around = method.parent?.name === 'DecoratedStatement' ? method.parent.parent : method.parent;
  return around?.name === 'Body' && around.parent?.name === 'ClassDefinition' ? around.parent : null;
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
  const choices = literalChoices(written) ?? enumChoices(written, file);
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
