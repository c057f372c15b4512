import type { SyntaxNode } from '@lezer/common';
import { declaredDefault } from '../python/argumentDefaults.ts';
import type { PythonFile } from '../python/pythonFile.ts';
import { functionName } from '../python/scopes.ts';
import { pythonLiteral, slice } from '../python/tree.ts';
import { trainingSubcommand } from '../subcommand.ts';
import { enumChoices, literalChoices } from './annotations.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** What makes the command line: typer's arguments without a default have no flag, fire's flags are no dashed words. */
type Maker = 'typer' | 'tyro' | 'fire';

/** The parameters of the function or class that typer, tyro or fire makes a command line of. */
export function functionArguments(file: PythonFile): ScriptArguments {
  const [, fire, call] = /\bFire\(\s*([A-Za-z_]\w*)\s*(\()?/.exec(file.text) ?? [];
  const ofClass = fire === undefined ? null : classArguments(fire, call !== undefined, file);
  if (ofClass) return ofClass;
  const tyro = /\btyro\.cli\(\s*([A-Za-z_]\w*)/.exec(file.text)?.[1];
  const typer = /\btyper\.run\(\s*([A-Za-z_]\w*)/.exec(file.text)?.[1];
  const commands: SyntaxNode[] = [];
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'FunctionDefinition') return;
      const name = functionName(ref.node, file.text);
      if (
        name === fire ||
        name === tyro ||
        name === typer ||
        (/\btyper\b/.test(file.text) && isTyperCommand(ref.node, file.text))
      ) {
        commands.push(ref.node);
      }
    },
  });
  const names = commands.map((command) => functionName(command, file.text).replaceAll('_', '-'));
  const chosen = Math.max(0, names.indexOf(trainingSubcommand(names) ?? ''));
  const definition = commands[chosen];
  if (!definition) return NO_ARGUMENTS;
  const name = functionName(definition, file.text);
  const parameters = readParameters(definition, file, name === fire ? 'fire' : name === tyro ? 'tyro' : 'typer');
  const isMulti = commands.length > 1;
  return {
    arguments: parameters,
    subcommand: isMulti ? (names[chosen] as string) : null,
    otherSubcommands: isMulti ? names.filter((_, at) => at !== chosen) : [],
    ofSubcommand: new Set(isMulti ? parameters : []),
  };
}

/**
 * fire takes what `__init__` wants as flags, unless it is given an object that is made already, and a public method as the
 * subcommand, with its own flags after it.
 */
function classArguments(name: string, isMade: boolean, file: PythonFile): ScriptArguments | null {
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
  const read = (method: SyntaxNode | undefined) => (method ? readParameters(method, file, 'fire') : []);
  const [made, own] = [isMade ? [] : read(methods.get('__init__')), read(methods.get(subcommand ?? ''))];
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

function readParameters(definition: SyntaxNode, file: PythonFile, maker: Maker): ScriptArgument[] {
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
): ScriptArgument {
  const initial = resolve(declaredDefault(value, file.text), file);
  const written = annotation
    .replace(/^:\s*(?:\w+\.)?Annotated\[\s*([\w.]+(?:\[[^\]]*\])?)[\s\S]*$/, '$1')
    .replace(/^:\s*/, '');
  const type = typeOf(written, initial);
  const choices = literalChoices(written) ?? enumChoices(written, file);
  const dashed = name.replaceAll('_', '-');
  const isFire = maker === 'fire';
  const flag = value === null && maker === 'typer' ? null : isFire ? `--${name}` : `--${dashed}`;
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
