import type { OpenNameCall, SearchParts, StudyCall } from '../insertion/sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { functionName, objectiveNames } from './scopes.ts';
import { isSuggestName, readOpenNameCall } from './suggestCalls.ts';
import type { Assignment, PythonCall, PythonSyntax } from './syntax.ts';
import { calleeOf, keywordValue, lastName, readArguments, stringValue } from './tree.ts';

/**
 * The studies of a module: what each `optimize` runs, on which study, and the calls whose parameter names are put together
 * while they run. A study's name is the `study_name` that its variable was last made with above the call.
 */
export function findSearchParts(syntax: PythonSyntax, index: TextIndex): SearchParts {
  const { text } = index;
  const studies: StudyCall[] = [];
  const openNames: OpenNameCall[] = [];
  const functions = new Map<string, { from: number; to: number }>();
  const names = new Map<string, string | null>();
  const assigned = new Set<string>();
  for (const node of [...syntax.definitions, ...syntax.classes].sort((a, b) => a.from - b.from)) {
    const name = functionName(node, text);
    if (!functions.has(name)) functions.set(name, { from: node.from, to: node.to });
    assigned.add(name);
  }
  let next = 0;
  for (const call of syntax.calls) {
    // A study has the name that its variable was last given above the call.
    for (; (syntax.assignments[next]?.node.from ?? Number.POSITIVE_INFINITY) <= call.node.from; next++) {
      noteAssigned(syntax.assignments[next] as Assignment, text, assigned, names);
    }
    if (isSuggestName(call.name)) {
      const open = readOpenNameCall(call.node, text);
      if (open) openNames.push(open);
      continue;
    }
    const found = call.name === 'optimize' ? readOptimize(call, index, names) : undefined;
    if (found) studies.push(found);
  }
  for (const rest of syntax.assignments.slice(next)) noteAssigned(rest, text, assigned, names);
  return { studies, openNames, functions, assigned };
}

function noteAssigned(
  { node, target, variable }: Assignment,
  text: string,
  assigned: Set<string>,
  names: Map<string, string | null>,
): void {
  if (!target) return;
  assigned.add(variable);
  const value = node.lastChild;
  if (value?.name !== 'CallExpression' || !/^(create_study|load_study)$/.test(lastName(calleeOf(value, text)))) return;
  const list = readArguments(value.getChild('ArgList'), text);
  names.set(variable, stringValue(keywordValue(list.keywords, 'study_name'), text) ?? null);
}

function readOptimize(
  { node, callee }: PythonCall,
  index: TextIndex,
  names: ReadonlyMap<string, string | null>,
): StudyCall | undefined {
  const { text } = index;
  if (!callee.includes('.')) return undefined;
  const receiver = callee.slice(0, callee.lastIndexOf('.')).trim();
  const list = readArguments(node.getChild('ArgList'), text);
  const objective = list.positional[0] ?? keywordValue(list.keywords, 'func');
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
