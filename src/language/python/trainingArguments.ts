import type { SyntaxNode, Tree } from '@lezer/common';
import type { ValueSite } from '../insertion/sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { assignedPairs } from './namedPlaces.ts';
import { placeForNew, spreads } from './newKeyword.ts';
import { isTrainingArgument } from './settings.ts';
import { calleeOf, lastName, readArguments, slice, stringValue } from './tree.ts';

/**
 * Places for new keywords in the only `TrainingArguments(…)` of a module: a search sets fields that the call need not
 * name. None where there are several such calls, where the call is not complete, where the module sets the field
 * afterwards (`args.seed = 1`), or where `**rest` may hold it already.
 */
export function trainingArgumentAdditions(
  tree: Tree,
  index: TextIndex,
  names: readonly string[],
  printKey: (name: string) => string,
): ValueSite[] {
  const { text } = index;
  const list = onlyCall(tree, text);
  if (!list) return [];
  const taken = new Set(readArguments(list, text).keywords.map((keyword) => keyword.name));
  for (const name of fieldsSet(tree, text)) taken.add(name);
  const holder = spreads(list) ? spreadDict(list, tree, text) : list;
  if (!holder) return [];
  for (const name of keysOf(holder, text)) taken.add(name);
  const missing = names.filter((name) => isTrainingArgument(name) && !taken.has(name));
  return missing.flatMap((name) => {
    const place = placeForNew(
      holder,
      index,
      holder.name === 'DictionaryExpression' ? `${printKey(name)}: ` : `${name}=`,
    );
    return place ? [{ name, path: [], form: 'settings', literal: null, ...place } as const] : [];
  });
}

/** The argument list of the module's only `TrainingArguments(…)`. */
function onlyCall(tree: Tree, text: string): SyntaxNode | null {
  const calls: SyntaxNode[] = [];
  tree.iterate({
    enter(ref) {
      if (ref.name === 'CallExpression' && lastName(calleeOf(ref.node, text)).endsWith('TrainingArguments')) {
        calls.push(ref.node);
      }
    },
  });
  return calls.length === 1 ? (calls[0]?.getChild('ArgList') ?? null) : null;
}

/** Names that the module assigns to a member or key of something: `args.seed = 1`, `kwargs["seed"] = 1`. */
function fieldsSet(tree: Tree, text: string): Set<string> {
  const names = new Set<string>();
  tree.iterate({
    enter(ref) {
      if (ref.name === 'AssignStatement' && ref.node.firstChild?.name === 'MemberExpression') {
        const target = ref.node.firstChild;
        names.add(stringValue(target.getChild('String'), text) ?? lastName(slice(text, target)));
      } else if (ref.name === 'CallExpression' && lastName(calleeOf(ref.node, text)) === 'update') {
        const list = readArguments(ref.node.getChild('ArgList'), text);
        for (const keyword of list.keywords) names.add(keyword.name);
        for (const key of keysOf(list.positional[0] ?? null, text)) names.add(key);
      }
    },
  });
  return names;
}

/** The dict that `**kwargs` spells out: the only value that the module gives that name, with nothing spread in turn. */
function spreadDict(list: SyntaxNode, tree: Tree, text: string): SyntaxNode | null {
  const [spread, ...others] = list.getChildren('**');
  const name = spread?.nextSibling;
  if (others.length > 0 || name?.name !== 'VariableName') return null;
  const values: SyntaxNode[] = [];
  tree.iterate({
    enter(ref) {
      if (ref.name !== 'AssignStatement') return;
      for (const [target, value] of assignedPairs(ref.node)) {
        if (slice(text, target) === slice(text, name)) values.push(value);
      }
    },
  });
  const [value] = values;
  if (!value || values.length > 1) return null;
  const isDictCall = value.name === 'CallExpression' && calleeOf(value, text) === 'dict';
  const holder = value.name === 'DictionaryExpression' ? value : isDictCall ? value.getChild('ArgList') : null;
  return holder && !spreads(holder) ? holder : null;
}

function keysOf(node: SyntaxNode | null, text: string): string[] {
  if (node?.name === 'ArgList') return readArguments(node, text).keywords.map((keyword) => keyword.name);
  if (node?.name !== 'DictionaryExpression') return [];
  return node.getChildren(':').flatMap((colon) => stringValue(colon.prevSibling, text) ?? []);
}
