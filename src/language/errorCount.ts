import type { Tree } from '@lezer/common';

/** How many places of a text the parser could make no sense of. */
export function errorCount(tree: Tree): number {
  let count = 0;
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) count++;
    },
  });
  return count;
}
