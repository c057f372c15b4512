import { CONSTRAINT, CONSTRAINTS } from './attributes.ts';
import type { JsonValue } from './changes.ts';

/**
 * A trial's constraint values from its system attributes, both of Optuna's forms: `constraints` (a list, ≤ 4.x) and
 * `constraints:<key>` (one attribute each, 5.x). Rustuna writes numbers as strings; they are read too.
 */
export function constraintsOf(systemAttrs: Readonly<Record<string, JsonValue>>): Map<string, number> {
  const constraints = new Map<string, number>();
  const list = systemAttrs[CONSTRAINTS];
  if (Array.isArray(list)) {
    for (const [index, value] of list.entries()) constraints.set(String(index), asNumber(value));
  }
  for (const key in systemAttrs) {
    if (key.startsWith(CONSTRAINT)) {
      constraints.set(key.slice(CONSTRAINT.length), asNumber(systemAttrs[key]));
    }
  }
  return constraints;
}

/** A comparison in Python is true or false. NaN for what is no number: an object need not even be convertible. */
function asNumber(value: JsonValue | undefined): number {
  return typeof value === 'object' || value === undefined ? Number.NaN : Number(value);
}

/** Whether every constraint is ≤ 0. A trial without constraints is feasible, as in Optuna 5. */
export function isFeasible(systemAttrs: Readonly<Record<string, JsonValue>>): boolean {
  // Asked of every trial that is read: nothing is allocated for one without constraints.
  for (const key in systemAttrs) {
    if (key.startsWith(CONSTRAINTS)) return [...constraintsOf(systemAttrs).values()].every((value) => value <= 0);
  }
  return true;
}
