import type { Random } from '../../../src/core/random.ts';

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T;
}

export function nested(open: string, close: string, depth: number, inside = ''): string {
  return open.repeat(depth) + inside + close.repeat(depth);
}

/** Pieces that parsers of JSON, YAML, Python and printed lines give a meaning to. */
const PIECES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u0000',
  '\u001b[2J',
  '\n',
  '\r',
  '1e999',
  '-0',
  'NaN',
  'Infinity',
  'null',
  '99999999999999999999',
  '\ufffd',
  '\ud800',
  '&a',
  '*a',
  '!!js/function',
  '$\u007benv:GITHUB_TOKEN}',
  '`',
  '$(touch /tmp/x)',
];

/** The text with a few pieces put in, cut out, repeated or exchanged, at random places. */
export function mutatedText(random: Random, text: string): string {
  let mutated = text;
  for (let changes = 1 + random.integer(6); changes > 0; changes--) {
    const at = random.integer(mutated.length + 1);
    const end = Math.min(mutated.length, at + random.integer(40));
    const piece = pick(random, PIECES);
    switch (random.integer(4)) {
      case 0:
        mutated = mutated.slice(0, at) + piece + mutated.slice(at);
        break;
      case 1:
        mutated = mutated.slice(0, at) + mutated.slice(end);
        break;
      case 2:
        mutated = mutated.slice(0, at) + mutated.slice(at, end).repeat(2 + random.integer(50)) + mutated.slice(end);
        break;
      default:
        mutated = mutated.slice(0, at) + piece.repeat(1 + random.integer(2000)) + mutated.slice(end);
    }
  }
  return mutated;
}
