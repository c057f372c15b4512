import type { StoredParam } from './changes.ts';
import type { History } from './history.ts';

/** A trial's parameters as they are stored, in its own order. */
export function storedParamsOf(history: History, number: number): StoredParam[] {
  const params: StoredParam[] = [];
  for (const name of history.paramNames(number)) {
    const column = history.parameters.get(name);
    const distribution = column?.distribution(number);
    if (column && distribution) params.push({ name, internal: column.internalAt(number), distribution });
  }
  return params;
}
