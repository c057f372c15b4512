import type { SyntaxNode } from '@lezer/common';
import type { PythonFile } from '../../python/pythonFile.ts';
import { slice } from '../../python/tree.ts';

const known = new WeakMap<PythonFile, ReadonlyMap<string, SyntaxNode>>();

/** The definition of a class of the module: the last one of that name. */
export function classNamed(name: string, file: PythonFile): SyntaxNode | null {
  let classes = known.get(file);
  if (!classes) {
    classes = classesOf(file);
    known.set(file, classes);
  }
  return classes.get(name) ?? null;
}

function classesOf(file: PythonFile): Map<string, SyntaxNode> {
  const found = new Map<string, SyntaxNode>();
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'ClassDefinition') return;
      const name = ref.node.getChild('VariableName');
      if (name) found.set(slice(file.text, name), ref.node);
    },
  });
  return found;
}
