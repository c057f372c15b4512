/**
 * A value as a sentence shows it: text in quotes, lists and blocks as JSON, numbers as they are (Infinity is no `null`) and
 * BigInts as in JavaScript (`1n`).
 */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  const json = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
  return json ?? String(value);
}
