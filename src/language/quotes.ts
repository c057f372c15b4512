/** The quote that a text uses more for its strings; `fallback` when it uses both as much. */
export function usualQuote(text: string, fallback: '"' | "'"): '"' | "'" {
  let double = 0;
  let single = 0;
  // Only quotes that open something count: after a bracket, a comma, a blank or an operator.
  for (const match of text.matchAll(/(?<=[\s([{,=:]|^)(["'])(?!\1)/g)) {
    if (match[1] === '"') double++;
    else single++;
  }
  if (double === single) return fallback;
  return double > single ? '"' : "'";
}

/** The quote that a written string starts with, prefixes skipped; undefined for anything else. */
export function quoteOf(written: string | undefined): '"' | "'" | undefined {
  const quote = /^[a-z]{0,2}(["'])/i.exec(written ?? '')?.[1];
  return quote === '"' || quote === "'" ? quote : undefined;
}

/** A string's inside for the other quote: `repr` and JSON give one kind, the file may use the other. */
export function requote(literal: string, quote: '"' | "'"): string {
  const own = literal[0];
  if (own === quote) return literal;
  const inside = literal.slice(1, -1).replaceAll(`\\${own}`, own as string);
  // A quote that is escaped already keeps its escape.
  return (
    quote +
    inside.replace(new RegExp(`\\\\[\\s\\S]|${quote}`, 'g'), (all) => (all === quote ? `\\${all}` : all)) +
    quote
  );
}
