import type { SyntaxNode } from '@lezer/common';
import type { PythonFile } from '../../python/pythonFile.ts';
import { functionName } from '../../python/scopes.ts';
import { slice } from '../../python/tree.ts';
import { trainingSubcommand } from '../../subcommand.ts';
import { type Maker, readParameters } from './functionParameters.ts';
import { commandName } from './pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArguments } from './scriptArgument.ts';

/** The parameters of the function or class that typer, tyro, fire or cyclopts makes a command line of. */
export function functionArguments(file: PythonFile): ScriptArguments {
  const [, fire, call] = /\bFire\(\s*([A-Za-z_]\w*)\s*(\()?/.exec(file.text) ?? [];
  const ofClass = fire === undefined ? null : classArguments(fire, call !== undefined, file);
  if (ofClass) return ofClass;
  const commands = commandsOf(file, fire);
  const names = commands.map(({ name }) => name).filter((name) => name !== null);
  // What runs without a subcommand is what is meant, unless it is one that trains.
  const training = names.find((name) => name === trainingSubcommand(names));
  const alone = commands.find(({ name }) => name === null);
  const chosen = alone ?? commands.find(({ name }) => name === training) ?? commands[0];
  if (!chosen) return NO_ARGUMENTS;
  const parameters = readParameters(chosen.definition, file, chosen.maker);
  const subcommand = chosen.name;
  return {
    arguments: parameters,
    subcommand,
    otherSubcommands: names.filter((name) => name !== subcommand),
    runs: functionName(chosen.definition, file.text),
    ofSubcommand: new Set(subcommand === null ? [] : parameters),
  };
}

/** A function that a command line is made of; `name` of the subcommand, null where it is the program itself. */
interface FunctionCommand {
  readonly definition: SyntaxNode;
  readonly name: string | null;
  readonly maker: Maker;
}

function commandsOf(file: PythonFile, fire: string | undefined): FunctionCommand[] {
  const { text } = file;
  const tyro = /\btyro\.cli\(\s*([A-Za-z_]\w*)/.exec(text)?.[1];
  const typer = /\b(?:typer|cyclopts)\.run\(\s*([A-Za-z_]\w*)/.exec(text)?.[1];
  const fired = firedFunctions(text);
  const usesTyper = /\btyper\b/.test(text);
  const usesCyclopts = /\bcyclopts\b/.test(text);
  const found: FunctionCommand[] = [];
  const inner = new Set([...text.matchAll(/\.(?:add_typer|command)\(\s*(\w+)/g)].map(([, app]) => app as string));
  for (const definition of functionsOf(file)) {
    const name = functionName(definition, text);
    const alone = (maker: Maker) => found.push({ definition, name: null, maker });
    if (name === fire) alone('fire');
    else if (name === tyro) alone('tyro');
    else if (name === typer) alone(usesCyclopts ? 'cyclopts' : 'typer');
    else if (fired?.has(name)) found.push({ definition, name: fired.get(name) as string, maker: 'fire' });
    else if (fired?.size === 0 && isTopLevel(definition) && MAIN.test(name))
      found.push({ definition, name, maker: 'fire' });
    else if (usesCyclopts && isDecorated(definition, /^@\w+\.default\b/, text)) alone('cyclopts');
    else if (usesTyper || usesCyclopts) {
      const command = commandOf(definition, text, inner);
      if (command !== null) found.push({ definition, name: command, maker: usesCyclopts ? 'cyclopts' : 'typer' });
    }
  }
  // typer runs an only command without its name.
  const [only, ...others] = found;
  return only?.maker === 'typer' && others.length === 0 ? [{ ...only, name: null }] : found;
}

/** Of all functions that `Fire()` makes subcommands of, those that are no helpers. */
const MAIN = /^(train|fit|tune|run|main)/i;

/** The subcommand that a function is; null where it is none, or one of an app that is `inner` to another, which is named before it. */
function commandOf(definition: SyntaxNode, text: string, inner: ReadonlySet<string>): string | null {
  const decorators = definition.parent?.name === 'DecoratedStatement' ? definition.parent.getChildren('Decorator') : [];
  for (const decorator of decorators) {
    const [, app] = /^@(\w+)\.command\b/.exec(slice(text, decorator)) ?? [];
    const name = commandName(decorator, text);
    if (name !== null && (app === undefined || !inner.has(app))) return name;
  }
  return null;
}

/** `Fire({"train": train})`: subcommands by function; empty for `Fire()`, which takes all; undefined for any other call. */
function firedFunctions(text: string): Map<string, string> | undefined {
  if (/\bfire\.Fire\(\s*\)/.test(text)) return new Map();
  const inside = /\bFire\(\s*\{([^{}]*)\}/.exec(text)?.[1];
  if (inside === undefined) return undefined;
  const pairs = inside.matchAll(/["']([\w-]+)["']\s*:\s*([A-Za-z_]\w*)\s*(?:,|$)/g);
  return new Map([...pairs].map(([, name, own]) => [own as string, name as string]));
}

function functionsOf(file: PythonFile): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  file.tree.iterate({
    enter: ({ name, node }) => {
      if (name === 'FunctionDefinition') found.push(node);
    },
  });
  return found;
}

function isTopLevel(definition: SyntaxNode): boolean {
  const around = definition.parent?.name === 'DecoratedStatement' ? definition.parent.parent : definition.parent;
  return around?.name === 'Script';
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

function isDecorated(definition: SyntaxNode, by: RegExp, text: string): boolean {
  const decorators = definition.parent?.name === 'DecoratedStatement' ? definition.parent.getChildren('Decorator') : [];
  return decorators.some((decorator) => by.test(slice(text, decorator)));
}
