import { setOwn } from '../ownProperty.ts';
import { GRADIENT } from './attributes.ts';
import type { JsonValue } from './changes.ts';
import type { History } from './history.ts';

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
