/**
 * Volume that points (losses, smaller is better) dominate up to a reference point. Two objectives by a sweep, more by
 * exclusive volumes (While, Bradstreet, Barone: "A fast way of calculating exact hypervolumes", 2012). All numbers finite.
 */
export function hypervolume(points: readonly Float64Array[], reference: Float64Array): number {
  const inside = points.filter((point) => point.every((loss, objective) => loss < (reference[objective] as number)));
  return reference.length === 2 ? sweep(inside, reference) : exclusiveSum(inside, reference);
}

function sweep(points: readonly Float64Array[], reference: Float64Array): number {
  const sorted = [...points].sort((a, b) => at(a, 0) - at(b, 0) || at(a, 1) - at(b, 1));
  let volume = 0;
  let ceiling = at(reference, 1);
  for (const point of sorted) {
    if (at(point, 1) >= ceiling) continue;
    volume += (at(reference, 0) - at(point, 0)) * (ceiling - at(point, 1));
    ceiling = at(point, 1);
  }
  return volume;
}

function exclusiveSum(points: readonly Float64Array[], reference: Float64Array): number {
  let volume = 0;
  for (const [index, point] of points.entries()) {
    volume += box(point, reference) - hypervolume(limited(points.slice(index + 1), point), reference);
  }
  return volume;
}

/** What each point shares with the box of `corner`, without those that another one covers. */
function limited(points: readonly Float64Array[], corner: Float64Array): Float64Array[] {
  const raised = points.map((point) => point.map((loss, objective) => Math.max(loss, at(corner, objective))));
  return raised.filter(
    (point, index) =>
      !raised.some(
        (other, place) =>
          place !== index &&
          other.every((loss, objective) => loss <= at(point, objective)) &&
          (place < index || other.some((loss, objective) => loss < at(point, objective))),
      ),
  );
}

function box(point: Float64Array, reference: Float64Array): number {
  let volume = 1;
  for (let objective = 0; objective < reference.length; objective++)
    volume *= at(reference, objective) - at(point, objective);
  return volume;
}

/**
 * Places of the `size` points that together dominate the most: greedy choice, within 1 − 1/e of the best (Guerreiro,
 * Fonseca, Paquete 2016), with lazy re-evaluation since a point's gain only shrinks. The first of equals.
 */
export function largestVolumeSubset(points: readonly Float64Array[], reference: Float64Array, size: number): number[] {
  const gains = points.map((point) => box(point, reference));
  const isFresh = points.map(() => true);
  const chosen: number[] = [];
  while (chosen.length < Math.min(size, points.length)) {
    let best = -1;
    for (;;) {
      best = -1;
      for (let place = 0; place < points.length; place++) {
        if (!chosen.includes(place) && (best < 0 || at(gains, place) > at(gains, best))) best = place;
      }
      if (isFresh[best]) break;
      const point = points[best] as Float64Array;
      const taken = chosen.map((place) => points[place] as Float64Array);
      gains[best] = box(point, reference) - hypervolume(limited(taken, point), reference);
      isFresh[best] = true;
    }
    chosen.push(best);
    isFresh.fill(false);
  }
  return chosen;
}

function at(numbers: ArrayLike<number>, index: number): number {
  return numbers[index] as number;
}
