import type { SyntaxNode } from '@lezer/common';
import type { PythonFile } from '../../python/pythonFile.ts';
import { functionName } from '../../python/scopes.ts';
import { calleeOf, childrenOf, keywordValue, lastName, readArguments, slice } from '../../python/tree.ts';
import { trainingSubcommand } from '../../subcommand.ts';
import { classNamed } from './classesOf.ts';
import { fieldsOf } from './classFields.ts';
import { dottedField } from './fieldMakers.ts';
import { readParameters } from './functionParameters.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/**
 * What jsonargparse's `CLI` or `auto_cli` makes of a function or dataclass, or of several functions, each a subcommand. A
 * parameter without a default has no flag, unless `as_positional=False`.
 */
export function jsonargparseArguments(file: PythonFile): ScriptArguments {
  const call = /\bjsonargparse\b/.test(file.text) ? cliCall(file) : null;
  if (!call) return NO_ARGUMENTS;
  const { positional, keywords } = readArguments(call.getChild('ArgList'), file.text);
  const [first] = positional;
  const members = first?.name === 'ArrayExpression' ? childrenOf(first) : first ? [first] : [];
  const names = members.filter(({ name }) => name === 'VariableName').map((member) => slice(file.text, member));
  const subcommand = first?.name === 'ArrayExpression' ? trainingSubcommand(names) : null;
  const place = keywordValue(keywords, 'as_positional');
  const isByPlace = !place || slice(file.text, place) !== 'False';
  const own = argumentsOf(subcommand ?? names[0] ?? '', file).map((argument) =>
    argument.required && isByPlace && !argument.name.includes('.') ? { ...argument, flag: null } : argument,
  );
  return {
    arguments: own,
    subcommand,
    otherSubcommands: subcommand === null ? [] : names.filter((name) => name !== subcommand),
    ofSubcommand: new Set(subcommand === null ? [] : own),
  };
}

function cliCall(file: PythonFile): SyntaxNode | null {
  let found: SyntaxNode | null = null;
  file.tree.iterate({
    enter({ name, node }) {
      if (name === 'CallExpression' && /^(CLI|auto_cli)$/.test(lastName(calleeOf(node, file.text)))) found = node;
    },
  });
  return found;
}

function argumentsOf(name: string, file: PythonFile): readonly ScriptArgument[] {
  if (hasCommands(name, file)) return [];
  const fields = fieldsOf(name, file, dottedField);
  if (fields.length > 0) return fields;
  let definition: SyntaxNode | null = null;
  file.tree.iterate({
    enter(ref) {
      if (ref.name === 'FunctionDefinition' && functionName(ref.node, file.text) === name) definition ??= ref.node;
    },
  });
  return definition ? readParameters(definition, file, 'jsonargparse') : [];
}

/** Each public method of a class is a subcommand, behind the arguments of the class. */
function hasCommands(className: string, file: PythonFile): boolean {
  const body = classNamed(className, file)?.getChild('Body');
  const methods = [
    ...(body?.getChildren('FunctionDefinition') ?? []),
    ...(body?.getChildren('DecoratedStatement') ?? [])
      .filter((one) => !/^@(\w*property|\w+\.setter)\b/.test(slice(file.text, one)))
      .flatMap((one) => one.getChildren('FunctionDefinition')),
  ];
  return methods.some((method) => !functionName(method, file.text).startsWith('_'));
}
