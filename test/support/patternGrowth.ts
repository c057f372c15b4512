import { type AST, RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
import { analyse } from 'scslre';

/**
 * Finds regular expressions whose time grows faster than their input: once by analysis (scslre), once by measuring inputs
 * that are made from the pattern's own parts, because the analysis overlooks a literal that begins a search anew, as in
 * `/a\[[^\]]*\]/` on `a[a[a[…`.
 */

/** UTF-16 units of the longest input that a pattern is measured with. */
const LONGEST = 24_000;
/** A linear pattern takes well below a millisecond for `LONGEST`, a quadratic one at least twenty. */
const SUSPECT_MS = 5;
const ATTEMPTS = 4;
/** Parts of a pattern that are joined to one repeated piece, at most. */
const MOST_PARTS = 4;
const MOST_PUMPS = 400;

/** What is wrong with a pattern, in words; undefined when its time is linear. */
export function superLinear(pattern: RegExp): string | undefined {
  return analysed(pattern) ?? measured(pattern);
}

function analysed({ source, flags }: RegExp): string | undefined {
  const { reports } = analyse({ source, flags }, { assumeRejectingSuffix: false });
  const [report] = reports;
  return report && `${report.exponential ? 'exponential' : 'polynomial'} (${report.type.toLowerCase()})`;
}

function measured(pattern: RegExp): string | undefined {
  const again = new RegExp(pattern.source, pattern.flags.replace('g', ''));
  for (const pump of pumpsOf(pattern)) {
    const of = (length: number) => pump.repeat(Math.ceil(length / pump.length));
    for (const suffix of ['', '\u0001', '\n\u0001']) {
      if (timeOf(again, of(LONGEST) + suffix, SUSPECT_MS) < SUSPECT_MS) continue;
      const isGrowing = () => {
        const whole = timeOf(again, of(LONGEST) + suffix);
        // A linear pattern takes eight times as long for eight times the text, a quadratic one sixty-four times.
        return whole >= SUSPECT_MS && whole > 24 * timeOf(again, of(LONGEST / 8) + suffix);
      };
      // One comparison may mislead where the processor changes its speed.
      if (isGrowing() && isGrowing() && isGrowing()) return `measured on ${JSON.stringify(pump)} repeated`;
    }
  }
  return undefined;
}

/** CPU milliseconds of the shortest of several attempts; the first one below `enough` ends the search. */
function timeOf(pattern: RegExp, text: string, enough = 0): number {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && best >= enough; attempt++) {
    const start = process.threadCpuUsage();
    pattern.lastIndex = 0;
    pattern.test(text);
    const { user, system } = process.threadCpuUsage(start);
    best = Math.min(best, (user + system) / 1e3);
  }
  return best;
}

/** Pieces of text that parts of the pattern match: each part, and neighbours joined. */
function pumpsOf({ source, flags }: RegExp): Set<string> {
  const isUnicode = flags.includes('u');
  const ast = new RegExpParser().parsePattern(source, 0, source.length, { unicode: isUnicode });
  const pumps = new Set<string>();
  visitRegExpAST(ast, {
    onAlternativeEnter({ elements }) {
      const words = elements.map((element) => wordOf(element));
      for (let from = 0; from < words.length; from++)
        for (let to = from + 1; to <= words.length; to++) {
          const isShort = to - from <= MOST_PARTS || to === words.length || from === 0;
          if (isShort && pumps.size < MOST_PUMPS) pumps.add(words.slice(from, to).join(''));
        }
    },
  });
  // A pattern that begins with a line begins anew with every one.
  if (flags.includes('m')) for (const pump of [...pumps]) pumps.add(`${pump}\n`);
  for (const pump of [' ', '\n', 'a', '0', '\t ']) pumps.add(pump);
  pumps.delete('');
  return pumps;
}

/** A short text that an element matches; look-around and what must not be there count as nothing. */
function wordOf(element: AST.Element | AST.QuantifiableElement): string {
  switch (element.type) {
    case 'Character':
      return String.fromCodePoint(element.value);
    case 'CharacterSet':
      return element.kind === 'space' && !element.negate
        ? ' '
        : element.kind === 'digit' && !element.negate
          ? '0'
          : 'a';
    case 'CharacterClass':
      return memberOf(element);
    case 'Group':
    case 'CapturingGroup':
      return (element.alternatives[0]?.elements ?? []).map(wordOf).join('');
    case 'Quantifier':
      return wordOf(element.element).repeat(Math.max(1, Math.min(element.min, 16)));
    default:
      return '';
  }
}

const CANDIDATES = ['a', ' ', '0', '-', '.', '"', '(', '[', '{', '=', ':', ',', '/', 'A', '\u0001'];

function memberOf(element: AST.CharacterClass): string {
  const flag = /\\[pu]/i.test(element.raw) ? 'u' : '';
  const member = new RegExp(`^${element.raw}$`, flag);
  return CANDIDATES.find((candidate) => member.test(candidate)) ?? '';
}
