import type { SyntaxNode } from '@lezer/common';
import type { PythonSyntax } from './syntax.ts';
import { calleeOf, keywordValue, lastName, readArguments, slice } from './tree.ts';

/** The functions of a module that a study or a Trainer calls, by name. */
export interface TuningFunctions {
  /** Passed to `study.optimize`, or a function named like an objective that takes a trial. */
  readonly objectives: ReadonlySet<string>;
  /** Passed as `hp_space=`: they describe the space and are never rewritten. */
  readonly spaces: ReadonlySet<string>;
}

export function findTuningFunctions({ calls, definitions }: PythonSyntax, text: string): TuningFunctions {
  const objectives = new Set<string>();
  const spaces = new Set<string>();
  for (const { node, name } of calls) {
    if (name !== 'optimize' && name !== 'hyperparameter_search') continue;
    const list = readArguments(node.getChild('ArgList'), text);
    if (name === 'optimize') addNames(objectives, list.positional[0] ?? keywordValue(list.keywords, 'func'), text);
    else addNames(spaces, keywordValue(list.keywords, 'hp_space') ?? list.positional[0], text);
  }
  for (const node of definitions) {
    const name = functionName(node, text);
    if (/objective/i.test(name) && parameterNames(node, text).includes('trial')) objectives.add(name);
    else if (/(^|_)(hp_space|search_space)/i.test(name)) spaces.add(name);
  }
  for (const name of objectives) spaces.delete(name);
  return { objectives, spaces };
}

/** The functions that an argument names as an objective, as `addNames` reads them. */
export function objectiveNames(node: SyntaxNode | null, text: string): string[] {
  const names = new Set<string>();
  addNames(names, node, text);
  return [...names];
}

/** The names in `objective`, `self.objective`, `Objective(data)`, `partial(objective, x)` or `lambda trial: objective(trial, x)`. */
function addNames(names: Set<string>, node: SyntaxNode | null | undefined, text: string): void {
  if (!node) return;
  if (node.name === 'VariableName' || node.name === 'MemberExpression') names.add(lastName(slice(text, node)));
  else if (node.name === 'CallExpression') {
    if (lastName(calleeOf(node, text)) === 'partial') {
      addNames(names, readArguments(node.getChild('ArgList'), text).positional[0], text);
    } else names.add(lastName(calleeOf(node, text)));
  } else if (node.name === 'LambdaExpression') {
    const body = node.lastChild;
    if (body?.name === 'CallExpression') names.add(lastName(calleeOf(body, text)));
  }
}

export function functionName(definition: SyntaxNode, text: string): string {
  const name = definition.getChild('VariableName');
  return name ? slice(text, name) : '';
}

/** Names of all parameters of a function or lambda. */
export function parameterNames(definition: SyntaxNode, text: string): string[] {
  const list = definition.getChild('ParamList');
  return list ? list.getChildren('VariableName').map((name) => slice(text, name)) : [];
}
