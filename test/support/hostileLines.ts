import { LINE_LIMIT } from '../../src/core/text/lines.ts';

/** Lines made to slow a parser down: what its grammar knows, and parts of it, over and over. */

/** Milliseconds of the processor that one line may take: a busy machine hands it out in pieces, over a longer time. */
const MOST_MS = 5;
/** A line that seems slow is timed again this often; the shortest time counts. */
const ATTEMPTS = 12;
/** Twice the length may take this many times as long. A linear parser takes twice as long, a quadratic one four times. */
const MOST_GROWTH = 3.2;
/** Below this, in milliseconds, growth is noise. */
const NOISE_MS = 2;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32, Tommy Ettinger 2017). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const PLAIN = [
  ...' \t\r\u00a0\u3000aZ09_-+.,:;=#%|/\\\'"`()[]{}<>@$&*!?~^\u0000\u0007\u001b\u001e\u001f\u2028\u00e9\u0131\u212a\ufeff：│…',
  '😀',
  '  ',
  '\ud800',
  '1e',
  'nan',
  'inf',
  '-1',
  '0x',
  '1_',
  '\\"',
  "\\'",
  '\\u12',
];

/** Yields `count` lines for a grammar of `tokens`: most are short, one in 250 is as long as a line may be. */
export function* hostileLines(tokens: readonly string[], count: number, seed = 1): Generator<string> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const all = [...tokens, ...tokens, ...PLAIN];
  const token = () => all[below(all.length)] as string;
  const piece = () => {
    const whole = token();
    return random() < 0.3 ? whole.slice(0, 1 + below(whole.length)) : whole;
  };
  const some = (most: number) => Array.from({ length: below(most + 1) }, piece).join('');
  for (let index = 0; index < count; index++) {
    const length = index % 250 === 0 ? LINE_LIMIT : Math.floor(8 * 100 ** random());
    const [head, tail] = [some(3), some(3)];
    const pump = piece() + some(2) || ' ';
    const between = random() < 0.3 ? some(2) : '';
    const inner = pump.repeat(Math.max(1, Math.floor((length - head.length - tail.length) / pump.length)));
    const half = Math.floor(inner.length / 2);
    yield (head + (between ? inner.slice(0, half) + between + inner.slice(half) : inner) + tail).slice(0, LINE_LIMIT);
  }
}

/** Lines on which a parser is too slow, with what they are made of. */
export function slowLines(parse: (line: string) => unknown, lines: Iterable<string>): string[] {
  const slow: string[] = [];
  for (const line of lines) {
    const first = timeOf(parse, line);
    if (first > MOST_MS) {
      const least = leastTime(parse, line, MOST_MS);
      if (least > MOST_MS) slow.push(`${least.toFixed(1)} ms: ${shown(line)}`);
    }
    if (line.length > LINE_LIMIT * 0.9 && first > NOISE_MS) {
      // A middle cut keeps the line's beginning and end, which may be what makes it slow.
      const short = line.slice(0, line.length / 4) + line.slice((line.length * 3) / 4);
      const whole = leastTime(parse, line, NOISE_MS);
      if (whole > NOISE_MS && whole > MOST_GROWTH * leastTime(parse, short) && growsAgain(parse, line, short))
        slow.push(`grows faster than its length: ${shown(line)}`);
    }
    if (slow.length >= 5) break;
  }
  return slow;
}

function growsAgain(parse: (line: string) => unknown, line: string, short: string): boolean {
  return leastTime(parse, line) > MOST_GROWTH * leastTime(parse, short);
}

function leastTime(parse: (line: string) => unknown, line: string, enough = 0): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && least > enough; attempt++) {
    least = Math.min(least, timeOf(parse, line));
  }
  return least;
}

/**
 * Milliseconds of the processor, at most. On a busy machine this thread waits meanwhile, which the processor's time leaves out;
 * that counts other threads of the process, which the time on the clock leaves out.
 */
function timeOf(parse: (line: string) => unknown, line: string): number {
  const start = performance.now();
  const before = process.cpuUsage();
  parse(line);
  const { user, system } = process.cpuUsage(before);
  return Math.min(performance.now() - start, (user + system) / 1000);
}

function shown(line: string): string {
  return `${line.length} units, ${JSON.stringify(line.slice(0, 60))} … ${JSON.stringify(line.slice(-40))}`;
}
