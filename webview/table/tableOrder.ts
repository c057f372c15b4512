/** The order of the table's rows. */

type Compare = (one: number, other: number) => number;

/** What trials are sorted by; of equal ones the next key decides, at last the number. */
export interface SortKey {
  readonly sortValue: (number: number) => number;
  readonly isAscending: boolean;
}

/** Compares trials; NaN after everything in both directions, equals by trial number. */
export function compareBy(keys: readonly SortKey[]): Compare {
  return (one, other) => {
    for (const { sortValue, isAscending } of keys) {
      const left = sortValue(one);
      const right = sortValue(other);
      if (left < right) return isAscending ? -1 : 1;
      if (left > right) return isAscending ? 1 : -1;
      const gap = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      if (gap !== 0) return gap;
    }
    return one - other;
  };
}

/** All trials in order. */
export function sortTrials(length: number, keys: readonly SortKey[]): Uint32Array {
  const cached = keys.map(({ sortValue, isAscending }): SortKey => {
    const values = Float64Array.from({ length }, (_, number) => sortValue(number));
    return { sortValue: (number) => values[number] as number, isAscending };
  });
  return Uint32Array.from({ length }, (_, number) => number).sort(compareBy(cached));
}

/** The same order after some trials changed or came: O(n) instead of a whole sort, ten times a second. */
export function updateOrder(
  order: Uint32Array,
  changed: readonly number[],
  length: number,
  compare: Compare,
): Uint32Array {
  const moved = new Uint8Array(length);
  for (const number of changed) moved[number] = 1;
  for (let number = order.length; number < length; number++) moved[number] = 1;
  const inserted: number[] = [];
  for (let number = 0; number < length; number++) if (moved[number] === 1) inserted.push(number);
  inserted.sort(compare);
  const merged = new Uint32Array(length);
  let next = 0;
  let at = 0;
  for (const number of order) {
    if (moved[number] === 1) continue;
    while (next < inserted.length && compare(inserted[next] as number, number) < 0)
      merged[at++] = inserted[next++] as number;
    merged[at++] = number;
  }
  while (next < inserted.length) merged[at++] = inserted[next++] as number;
  return merged;
}
