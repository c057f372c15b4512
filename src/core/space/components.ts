/**
 * The strongly connected components of a graph, each after those that its nodes point to (Tarjan: "Depth-first search and
 * linear graph algorithms", SIAM J. Comput. 1972). Time grows with nodes and edges; nothing recurses. The nodes of a
 * component come in the order in which a walk meets them.
 */
export function components(nodes: Iterable<string>, next: (node: string) => readonly string[]): string[][] {
  const found: string[][] = [];
  const places = new Map<string, number>();
  /** The earliest place that a node reaches, as far as its component is open. */
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const walk: { readonly node: string; readonly targets: readonly string[]; at: number }[] = [];
  const enter = (node: string) => {
    places.set(node, places.size);
    lowest.set(node, places.size - 1);
    open.push(node);
    isOpen.add(node);
    walk.push({ node, targets: next(node), at: 0 });
  };
  const reach = (node: string, place: number) => lowest.set(node, Math.min(lowest.get(node) as number, place));
  for (const start of nodes) {
    if (!places.has(start)) enter(start);
    for (let step = walk.at(-1); step; step = walk.at(-1)) {
      const { node } = step;
      const target = step.targets[step.at++];
      if (target !== undefined) {
        if (!places.has(target)) enter(target);
        else if (isOpen.has(target)) reach(node, places.get(target) as number);
        continue;
      }
      walk.pop();
      const before = walk.at(-1);
      if (before) reach(before.node, lowest.get(node) as number);
      if (lowest.get(node) !== places.get(node)) continue;
      const component = open.splice(open.lastIndexOf(node));
      for (const member of component) isOpen.delete(member);
      found.push(component);
    }
  }
  return found;
}

/** Whether the nodes of a component reach themselves. */
export function isCycle(component: readonly string[], next: (node: string) => readonly string[]): boolean {
  const [first] = component;
  return component.length > 1 || (first !== undefined && next(first).includes(first));
}
