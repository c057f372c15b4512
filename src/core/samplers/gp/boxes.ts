/** A box [lower, upper) of objective space. */
export interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * Disjoint boxes that together are what no point of the front dominates, up to the reference point; smaller is better, a lower
 * end may be −Infinity. By slabs along the last objective: within a slab the problem has one objective less. k + 1 boxes for k
 * points of two objectives, O(kᴹ⁻¹) for M.
 */
export function nonDominatedBoxes(front: readonly ArrayLike<number>[], reference: ArrayLike<number>): Box[] {
  const limits = Array.from(reference);
  const inside = front
    .map((point) => Array.from(point))
    .filter((point) => point.every((loss, objective) => loss < (limits[objective] as number)));
  return decompose(inside, limits);
}

function decompose(points: readonly (readonly number[])[], limits: readonly number[]): Box[] {
  const last = limits.length - 1;
  const end = limits[last] as number;
  if (last === 0) {
    const upper = points.reduce((least, point) => Math.min(least, point[0] as number), end);
    return [{ lower: [Number.NEGATIVE_INFINITY], upper: [upper] }];
  }
  const sorted = [...points].sort((a, b) => (a[last] as number) - (b[last] as number));
  const rest = limits.slice(0, last);
  const boxes: Box[] = [];
  let shadow: number[][] = [];
  let from = Number.NEGATIVE_INFINITY;
  const close = (to: number) => {
    if (!(to > from)) return;
    for (const { lower, upper } of decompose(shadow, rest))
      boxes.push({ lower: [...lower, from], upper: [...upper, to] });
    from = to;
  };
  for (const point of sorted) {
    const projected = point.slice(0, last);
    if (shadow.some((other) => covers(other, projected))) continue;
    close(point[last] as number);
    shadow = [...shadow.filter((other) => !covers(projected, other)), projected];
  }
  close(end);
  return boxes;
}

/** Whether a is nowhere worse than b. */
function covers(a: readonly number[], b: readonly number[]): boolean {
  return a.every((loss, objective) => loss <= (b[objective] as number));
}
