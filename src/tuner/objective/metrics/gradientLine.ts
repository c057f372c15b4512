import { parseJson } from '../../../core/text/pythonJson.ts';

/** The gradient that a printed line `{"gradient": {"lr": 0.2, …}}` reports; undefined for any other line. */
export function gradientInLine(line: string): Record<string, number> | undefined {
  if (!line.includes('"gradient"') || !line.trimStart().startsWith('{')) return undefined;
  try {
    return gradientOf(parseJson(line));
  } catch {
    return undefined;
  }
}

/** Undefined unless `value` has a `gradient` of numbers. */
export function gradientOf(value: unknown): Record<string, number> | undefined {
  const gradient = (value as { gradient?: unknown } | null)?.gradient;
  if (typeof gradient !== 'object' || gradient === null || Array.isArray(gradient)) return undefined;
  const entries = Object.entries(gradient);
  const isUsable = entries.length > 0 && entries.every(([, slope]) => typeof slope === 'number');
  return isUsable ? (gradient as Record<string, number>) : undefined;
}
