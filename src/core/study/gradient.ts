import { setOwn } from '../ownProperty.ts';
import type { JsonValue } from './changes.ts';
import type { History } from './history.ts';

/**
 * System attribute of a trial: derivatives of the first objective by parameter name, at the trial's parameters and in their
 * own units. A program that can only set user attributes may use one of this name.
 */
export const GRADIENT = 'tuneboard:gradient';

/** The finite derivatives that a trial reported, by parameter name; undefined when it reported none. */
export function gradientOf(history: History, number: number): Readonly<Record<string, number>> | undefined {
  return derivativesIn(history.systemAttrs(number)[GRADIENT]) ?? derivativesIn(history.userAttrs(number)[GRADIENT]);
}

function derivativesIn(reported: JsonValue | undefined): Readonly<Record<string, number>> | undefined {
  if (typeof reported !== 'object' || reported === null || Array.isArray(reported)) return undefined;
  const gradient: Record<string, number> = {};
  for (const [name, derivative] of Object.entries(reported)) {
    if (typeof derivative === 'number' && Number.isFinite(derivative)) setOwn(gradient, name, derivative);
  }
  return Object.keys(gradient).length > 0 ? gradient : undefined;
}
