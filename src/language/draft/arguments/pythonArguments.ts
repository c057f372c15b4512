import type { SyntaxNode } from '@lezer/common';
import { type Literal, literalsIn } from '../../literals.ts';
import { ABSL_FLAG, argumentName } from '../../python/argumentDefaults.ts';
import { CommandParsers } from '../../python/commandParsers.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import { functionName } from '../../python/scopes.ts';
import {
  type CallArguments,
  calleeOf,
  keywordValue,
  lastName,
  pythonLiteral,
  readArguments,
  slice,
  stringValue,
} from '../../python/tree.ts';
import { trainingSubcommand } from '../../subcommand.ts';
import type { ScriptArgument, ScriptArguments } from './scriptArgument.ts';

/** The arguments that a script declares with argparse, click or absl. */
export function argparseArguments(file: PythonFile): ScriptArguments {
  const parsers = new CommandParsers();
  const found: Found[] = [];
  const clickCommand = clickCommandOf(file.text);
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression' && ref.name !== 'Decorator') return;
      const callee = calleeOf(ref.node, file.text);
      const name = lastName(callee);
      if (parsers.note(ref.node, callee, file.text)) return;
      if (ABSL_FLAG.test(name)) {
        const flag = abslFlag(ref.node, name, file);
        if (flag) found.push({ argument: flag, subcommand: null });
        return;
      }
      const isClick = ref.name === 'Decorator' && (name === 'option' || name === 'argument');
      if (name !== 'add_argument' && !isClick) return;
      const list = readArguments(ref.node.getChild('ArgList'), file.text);
      const argument = readArgument(list, name === 'argument', isClick, file, parsers.isExclusive(callee));
      if (argument)
        found.push({
          argument,
          subcommand: isClick ? clickCommand(ref.node) : parsers.subcommandOf(callee),
          ...(isClick ? {} : { callee }),
        });
    },
  });
  const functions = clickCommands(file);
  const chosen = chooseSubcommand(found, [...new Set([...parsers.subcommands, ...functions.keys()])], parsers);
  const runs = chosen.subcommand === null ? undefined : functions.get(chosen.subcommand);
  return runs === undefined ? chosen : { ...chosen, runs };
}

interface Found {
  readonly argument: ScriptArgument;
  readonly subcommand: string | null;
  /** `common.add_argument`. */
  readonly callee?: string;
}

function chooseSubcommand(
  found: readonly Found[],
  subcommands: readonly string[],
  parsers: CommandParsers,
): ScriptArguments {
  const subcommand = trainingSubcommand(subcommands);
  const kept = found
    .map((one) => inherited(one, subcommand, parsers))
    .filter((one) => one.subcommand === null || one.subcommand === subcommand);
  const byName = new Map(kept.map((one) => [one.argument.name, one]));
  const unique = [...byName.values()];
  return {
    arguments: unique.map((one) => one.argument),
    subcommand,
    otherSubcommands: subcommands.filter((name) => name !== subcommand),
    ofSubcommand: new Set(unique.filter((one) => one.subcommand !== null).map((one) => one.argument)),
  };
}

/**
 * What a parser among the `parents` of the subcommand's declares goes after the subcommand, even where the program takes it
 * too: the subcommand's own default would undo what stands before it.
 */
function inherited(one: Found, subcommand: string | null, parsers: CommandParsers): Found {
  const heirs = one.subcommand === null && one.callee ? parsers.heirsOf(one.callee) : undefined;
  if (!heirs || (heirs.has(null) && !heirs.has(subcommand))) return one;
  return { ...one, subcommand: heirs.has(subcommand) ? subcommand : ([...heirs][0] ?? null) };
}

function readArgument(
  list: CallArguments,
  isClickArgument: boolean,
  isClick: boolean,
  file: PythonFile,
  exclusive: boolean,
): ScriptArgument | null {
  const { text } = file;
  const name = argumentName(list, text);
  if (!name || name === 'help' || name === 'version') return null;
  const keyword = (wanted: string) => keywordValue(list.keywords, wanted);
  const flags = list.positional.map((node) => stringValue(node, text)).filter((one) => one !== undefined);
  const flag = flags.find((one) => one.startsWith('--')) ?? flags.find((one) => one.startsWith('-')) ?? null;
  const action = stringValue(keyword('action'), text) ?? slice(text, keyword('action') ?? { from: 0, to: 0 });
  if (/^(help|version|count|append|append_const|extend|store_const)$/.test(action)) return null;
  const initial = resolve(keyword('default'), file);
  const typeNode = keyword('type');
  const typeText = typeNode ? slice(text, typeNode) : '';
  const isFlagSwitch = switchOf(flag, action, isClick, keyword('is_flag'), text);
  const awkward = listed(list, text)
    ? 'list'
    : exclusive
      ? 'exclusive'
      : typeText === 'bool' && !isClick
        ? 'bool'
        : undefined;
  const required =
    isClickArgument || flag === null ? !keyword('nargs') && !keyword('default') : isTrue(keyword('required'), text);
  return {
    name,
    flag: isClickArgument ? null : (flag?.split('/')[0]?.trim() ?? null),
    aliases: flags.filter((one) => one.startsWith('-') && one !== flag),
    type: isFlagSwitch ? 'boolean' : typeOf(typeText, initial),
    initial,
    choices: choicesOf(keyword('choices'), typeNode, file),
    ...boundsOf(typeNode, text),
    ...(isFlagSwitch ? { switch: isFlagSwitch } : {}),
    ...(awkward ? { awkward } : {}),
    required,
  };
}

/** The functions decorated by `@cli.command()`, by the subcommands that they are. */
function clickCommands(file: PythonFile): Map<string, string> {
  const functions = new Map<string, string>();
  file.tree.iterate({
    enter(ref) {
      const name = ref.name === 'Decorator' ? commandName(ref.node, file.text) : null;
      const definition = name ? ref.node.parent?.lastChild : null;
      if (name && definition?.name === 'FunctionDefinition') functions.set(name, functionName(definition, file.text));
    },
  });
  return functions;
}

/** The subcommand whose option a decorator declares; null for the only command, and for what a group takes. */
function clickCommandOf(text: string): (decorator: SyntaxNode) => string | null {
  const known = new Map<number, string | null>();
  return ({ parent }) => {
    if (!parent) return null;
    let name = known.get(parent.from);
    if (name === undefined) {
      const names = parent.getChildren('Decorator').map((one) => commandName(one, text));
      name = names.find((one) => one !== null) ?? null;
      known.set(parent.from, name);
    }
    return name;
  };
}

/** `fit` of `@cli.command("fit")`, or of `@cli.command()` over `def fit`; `@click.command()` makes no subcommand. */
export function commandName(decorator: SyntaxNode, text: string): string | null {
  const callee = calleeOf(decorator, text);
  if (!/\.command$/.test(callee) || callee === 'click.command') return null;
  const list = readArguments(decorator.getChild('ArgList'), text);
  const given = stringValue(keywordValue(list.keywords, 'name') ?? list.positional[0], text);
  const definition = decorator.parent?.lastChild;
  return (
    given ?? (definition?.name === 'FunctionDefinition' ? functionName(definition, text).replaceAll('_', '-') : null)
  );
}

/** `flags.DEFINE_float("lr", 0.1, "the rate")`; a bool is written `--amp` or `--noamp`. */
function abslFlag(call: SyntaxNode, callee: string, file: PythonFile): ScriptArgument | null {
  const list = readArguments(call.getChild('ArgList'), file.text);
  const keyword = (wanted: string) => keywordValue(list.keywords, wanted);
  const name = stringValue(keyword('name') ?? list.positional[0], file.text);
  if (name === undefined) return null;
  const initial = resolve(keyword('default') ?? list.positional[1] ?? null, file);
  const isSwitch = /bool/.test(callee);
  const type = callee.endsWith('integer')
    ? 'int'
    : callee.endsWith('float')
      ? 'float'
      : isSwitch
        ? 'boolean'
        : 'string';
  const choices = callee.endsWith('enum') ? (keyword('enum_values') ?? list.positional[2] ?? null) : null;
  return {
    name,
    flag: `--${name}`,
    type,
    initial,
    choices: choicesOf(choices, null, file),
    ...(isSwitch ? { switch: { on: `--${name}`, off: `--no${name}` } } : {}),
    required: false,
  };
}

function isTrue(node: SyntaxNode | null, text: string): boolean {
  return pythonLiteral(node, text)?.value === true;
}

function listed(list: CallArguments, text: string): boolean {
  const nargs = keywordValue(list.keywords, 'nargs');
  if (list.keywords.some((one) => one.name === 'multiple' && isTrue(one.value, text))) return true;
  const value = pythonLiteral(nargs ?? null, text)?.value;
  return nargs !== null && value !== '?' && value !== 1;
}

function switchOf(
  flag: string | null,
  action: string,
  isClick: boolean,
  isFlag: SyntaxNode | null,
  text: string,
): ScriptArgument['switch'] | null {
  if (!flag) return null;
  const [on = flag, off] = flag.split('/').map((part) => part.trim());
  if (isClick) return off || isTrue(isFlag, text) ? { on, off: off ?? null } : null;
  if (action === 'store_true' || action === 'store_false') return { on: flag, off: null };
  if (action.endsWith('BooleanOptionalAction')) return { on: flag, off: flag.replace(/^--/, '--no-') };
  return null;
}

export function typeOf(written: string, initial: Literal | null): ScriptArgument['type'] {
  if (/\b(float|FLOAT|FloatRange|Decimal)\b/.test(written) && !/\bint\(/.test(written)) return 'float';
  if (/\b(int|INT|IntRange)\b/.test(written)) return 'int';
  if (/bool/i.test(written)) return 'boolean';
  if (/\b(Path|FileType|File)\b/.test(written)) return 'path';
  if (/\b(str|STRING)\b/.test(written)) return 'string';
  if (initial?.type === 'number') return initial.integer ? 'int' : 'float';
  if (initial?.type === 'boolean') return 'boolean';
  return initial?.type === 'string' || written === '' ? 'string' : 'unknown';
}

/** `choices=[…]`, `click.Choice([…])`; ranges of whole numbers too. */
function choicesOf(choices: SyntaxNode | null, type: SyntaxNode | null, file: PythonFile): Literal[] | null {
  const inType =
    type?.name === 'CallExpression' && lastName(calleeOf(type, file.text)) === 'Choice'
      ? (readArguments(type.getChild('ArgList'), file.text).positional[0] ?? null)
      : null;
  return literalsIn(resolve(choices ?? inType, file));
}

/** `click.FloatRange(0, 1)`, `click.IntRange(min=1)`. */
function boundsOf(type: SyntaxNode | null, text: string): { low?: number; high?: number } {
  if (type?.name !== 'CallExpression' || !/^(Float|Int)Range$/.test(lastName(calleeOf(type, text)))) return {};
  const list = readArguments(type.getChild('ArgList'), text);
  const read = (keyword: string, place: number) => {
    const node = keywordValue(list.keywords, keyword) ?? list.positional[place] ?? null;
    const value = pythonLiteral(node, text)?.value;
    return typeof value === 'number' ? value : undefined;
  };
  const [low, high] = [read('min', 0), read('max', 1)];
  return { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

/** A literal, or the module constant that a name stands for. */
export function resolve(node: SyntaxNode | null, file: PythonFile): Literal | null {
  if (!node) return null;
  if (node.name !== 'VariableName') return pythonLiteral(node, file.text);
  const name = slice(file.text, node);
  return file.sites.find((site) => site.form === 'constant' && site.name === name && site.literal)?.literal ?? null;
}
