/** A value as a sentence shows it: text in quotes, lists and blocks as JSON, numbers as they are (Infinity is no `null`). */
export function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}
