/** Deeper than anything that is read here; V8's parser takes some 50 bytes a level. */
const MOST_DEEP = 500;
/** A header of safetensors and a tokenizer of half a million tokens have fewer. */
const MOST_VALUES = 20_000_000;

/** Values of a JSON text, counted by what separates them, and how deep it is nested; in one pass without parsing. */
export function sizeOfJson(text: string): { readonly values: number; readonly depth: number } {
  let values = 0;
  let deepest = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // A text, up to its closing quote.
        for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        values++;
        if (++depth > deepest) deepest = depth;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        values++;
    }
  }
  return { values, depth: deepest };
}

/** `JSON.parse` for files that nobody vouches for: throws for a text whose values would take far more memory than it. */
export function parseFlatJson(text: string): unknown {
  const { values, depth } = sizeOfJson(text);
  if (depth > MOST_DEEP) throw new SyntaxError(`it is nested more than ${MOST_DEEP} levels deep`);
  if (values > MOST_VALUES) throw new SyntaxError(`it has more than ${MOST_VALUES / 1e6} million values`);
  return JSON.parse(text) as unknown;
}
