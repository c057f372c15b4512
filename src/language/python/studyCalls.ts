import type { SyntaxNode, Tree } from '@lezer/common';
import type { OpenNameCall, SearchParts, StudyCall } from '../insertion/sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { functionName, objectiveNames } from './scopes.ts';
import { isSuggestCall, readOpenNameCall } from './suggestCalls.ts';
import { calleeOf, lastName, readArguments, slice, stringValue } from './tree.ts';

/**
 * The studies of a module: what each `optimize` runs, on which study, and the calls whose parameter names are put together
 * while they run. A study's name is the `study_name` that its variable was last made with above the call.
 */
export function findSearchParts(tree: Tree, index: TextIndex): SearchParts {
  const { text } = index;
  const studies: StudyCall[] = [];
  const openNames: OpenNameCall[] = [];
  const functions = new Map<string, { from: number; to: number }>();
  const names = new Map<string, string | null>();
  const assigned = new Set<string>();
  tree.iterate({
    enter(ref) {
      const { node } = ref;
      if (ref.name === 'FunctionDefinition' || ref.name === 'ClassDefinition') {
        const name = functionName(node, text);
        if (!functions.has(name)) functions.set(name, { from: node.from, to: node.to });
        assigned.add(name);
      } else if (ref.name === 'AssignStatement') noteAssigned(node, text, assigned, names);
      else if (ref.name === 'CallExpression') {
        if (isSuggestCall(node, text)) {
          const open = readOpenNameCall(node, text);
          if (open) openNames.push(open);
          return;
        }
        const found = readOptimize(node, index, names);
        if (found) studies.push(found);
      }
    },
  });
  return { studies, openNames, functions, assigned };
}

function noteAssigned(node: SyntaxNode, text: string, assigned: Set<string>, names: Map<string, string | null>): void {
  const target = node.firstChild;
  if (!target) return;
  const variable = slice(text, target);
  assigned.add(variable);
  const value = node.lastChild;
  if (value?.name !== 'CallExpression' || !/^(create_study|load_study)$/.test(lastName(calleeOf(value, text)))) return;
  const list = readArguments(value.getChild('ArgList'), text);
  names.set(variable, stringValue(list.keywords.find(({ name }) => name === 'study_name')?.value, text) ?? null);
}

function readOptimize(
  node: SyntaxNode,
  index: TextIndex,
  names: ReadonlyMap<string, string | null>,
): StudyCall | undefined {
  const { text } = index;
  const callee = calleeOf(node, text);
  if (lastName(callee) !== 'optimize' || !callee.includes('.')) return undefined;
  const receiver = callee.slice(0, callee.lastIndexOf('.')).trim();
  const list = readArguments(node.getChild('ArgList'), text);
  const objective = list.positional[0] ?? list.keywords.find(({ name }) => name === 'func')?.value ?? null;
  const objectives = objectiveNames(objective, text);
  const isStudy = names.has(receiver) || /study/i.test(receiver) || (objectives.length > 0 && /\boptuna\b/.test(text));
  if (!isStudy) return undefined;
  const line = index.lineStart(index.lineAt(node.from));
  const lead = text.slice(line, node.from);
  // A statement of its own on its line, and a receiver that may be named twice.
  const canPrecede =
    /^[ \t]*$/.test(lead) && node.parent?.name === 'ExpressionStatement' && /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(receiver);
  const inline = objective?.name === 'LambdaExpression' ? { from: objective.from, to: objective.to } : null;
  const studyName = names.get(receiver) ?? null;
  return { receiver, objectives, studyName, lineStart: line, indent: lead, canPrecede, inline, start: node.from };
}
