import type { SyntaxNode } from '@lezer/common';
import { assignedPairs } from './namedPlaces.ts';
import type { PythonFile } from './pythonFile.ts';
import { calleeOf, lastName, readArguments, slice } from './tree.ts';

/** A `Trainer(model=…)` whose `hyperparameter_search` needs `model_init=`, and what would be written instead. */
export interface MissingModelInit {
  readonly start: number;
  readonly end: number;
  /** Null where it takes more than moving one expression: a model that is changed or used before it is handed over. */
  readonly replacement: string | null;
}

/** The Trainers of a module that searches, but gives them a model instead of a function that makes one. */
export function missingModelInits(file: PythonFile): MissingModelInit[] {
  const { tree, text } = file;
  if (!file.anchors.some((anchor) => anchor.kind === 'search')) return [];
  const found: MissingModelInit[] = [];
  tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression' || !/Trainer$/.test(lastName(calleeOf(ref.node, text)))) return;
      const { keywords } = readArguments(ref.node.getChild('ArgList'), text);
      const model = keywords.find((keyword) => keyword.name === 'model');
      if (!model?.value || keywords.some((keyword) => keyword.name === 'model_init')) return;
      const made = makerOf(model.value, file);
      const replacement = made === null ? null : `model_init=lambda: ${made}`;
      found.push({ start: model.from, end: model.value.to, replacement });
    },
  });
  return found;
}

/** The call that makes the model: the argument itself, or what its variable is given once and used for nothing else. */
function makerOf(value: SyntaxNode, { tree, text }: PythonFile): string | null {
  if (value.name === 'CallExpression') return slice(text, value);
  if (value.name !== 'VariableName') return null;
  const name = slice(text, value);
  const makers: SyntaxNode[] = [];
  let uses = 0;
  tree.iterate({
    enter(ref) {
      if (ref.name === 'VariableName' && slice(text, ref) === name && !isKeyword(ref.node)) uses++;
      if (ref.name !== 'AssignStatement') return;
      for (const [target, made] of assignedPairs(ref.node)) if (slice(text, target) === name) makers.push(made);
    },
  });
  const [maker] = makers;
  return uses === 2 && makers.length === 1 && maker?.name === 'CallExpression' ? slice(text, maker) : null;
}

/** `model` of `f(model=…)`. */
function isKeyword(node: SyntaxNode): boolean {
  return node.parent?.name === 'ArgList' && node.nextSibling?.name === 'AssignOp';
}
