import { TuneboardError } from '../../core/errors.ts';

export const STRATEGIES = ['longest_first', 'only_first', 'only_second', 'do_not_truncate'] as const;
export type TruncationStrategy = (typeof STRATEGIES)[number];
export type TruncationSide = 'left' | 'right';

export interface Cut {
  /** Tokens that both texts may have together. */
  readonly limit: number;
  readonly strategy: TruncationStrategy | null;
  /** Where tokens are taken away. */
  readonly side: TruncationSide;
}

/** A text, or a pair, cut to the limit. Throws `tokenizer` where the strategy cannot reach it. */
export function truncated(
  first: readonly number[],
  second: readonly number[] | null,
  { limit, strategy, side }: Cut,
): [readonly number[], readonly number[] | null] {
  const total = first.length + (second?.length ?? 0);
  if (total <= limit) return [first, second];
  const keep = (ids: readonly number[], count: number) =>
    side === 'right' ? ids.slice(0, count) : ids.slice(ids.length - count);
  if (strategy === 'only_second' && second === null) {
    throw new TuneboardError('tokenizer', 'truncation "only_second" needs pairs of texts: use true.');
  }
  if (second === null) return [keep(first, limit), null];
  const [a, b] = lengths(first.length, second.length, limit, strategy);
  if (a < 0 || b < 0) {
    throw new TuneboardError(
      'tokenizer',
      `A pair of texts is longer than max_length even without the text that "${strategy}" cuts: use truncation: true.`,
    );
  }
  return [keep(first, a), keep(second, b)];
}

/** Longest first: the longer text is cut down to the shorter one, then both alike, the first one shorter by an odd token. */
function lengths(a: number, b: number, limit: number, strategy: TruncationStrategy | null): [number, number] {
  if (strategy === 'only_first') return [limit - b, b];
  if (strategy === 'only_second') return [a, limit - a];
  const [short, long] = [Math.min(a, b), Math.max(a, b)];
  const half = Math.floor(limit / 2);
  const [less, more] =
    short <= limit - short && short <= long ? [short, Math.min(long, limit - short)] : [half, limit - half];
  return a > b ? [more, less] : [less, more];
}
