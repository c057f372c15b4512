import { normalCdf } from './normal.ts';

/** Up to so many differences the distribution is exact when there are no ties, up to the second number in any case. */
const EXACT = 50;
const EXACT_WITH_TIES = 13;

/**
 * Wilcoxon's signed-rank test: the chance of a sum of positive ranks as large as this, if the differences were symmetric
 * about 0. Zeros count half on either side (zsplit), ties have mean ranks. Exact or by a normal approximation without
 * continuity correction, as scipy 1.17 chooses. NaN for no differences, and for zeros alone where it approximates.
 */
export function signedRankGreater(differences: ArrayLike<number>): number {
  const count = differences.length;
  if (count === 0) return Number.NaN;
  const order = Array.from({ length: count }, (_, index) => index);
  const size = (index: number) => Math.abs(differences[index]);
  order.sort((a, b) => size(a) - size(b));
  // Twice the ranks, and twice that again for zeros, so that all sums are whole.
  const ranks = new Int32Array(count);
  let ties = 0;
  for (let from = 0, to = 0; from < count; from = to) {
    while (to < count && size(order[to]) === size(order[from])) to++;
    for (let place = from; place < to; place++) ranks[order[place]] = from + to + 1;
    ties += (to - from) ** 3 - (to - from);
  }
  const hasTies = ties > 0 || size(order[0]) === 0;
  return count <= (hasTies ? EXACT_WITH_TIES : EXACT)
    ? exactTail(differences, ranks)
    : normalTail(differences, ranks, ties);
}

/** Twice the sum of the positive ranks, and half those of zeros. */
function statistic(differences: ArrayLike<number>, ranks: Int32Array): number {
  let sum = 0;
  for (let index = 0; index < ranks.length; index++) {
    const difference = differences[index];
    if (difference > 0) sum += ranks[index];
    else if (difference === 0) sum += ranks[index] / 2;
  }
  return sum;
}

/** Share of all sign patterns whose sum is at least this one: counted by dynamic programming over the ranks. */
function exactTail(differences: ArrayLike<number>, ranks: Int32Array): number {
  let zeros = 0;
  let total = 0;
  for (let index = 0; index < ranks.length; index++) {
    if (differences[index] === 0) zeros += ranks[index] / 2;
    else total += ranks[index];
  }
  const chances = new Float64Array(total + 1);
  chances[0] = 1;
  let reach = 0;
  for (let index = 0; index < ranks.length; index++) {
    if (differences[index] === 0) continue;
    const rank = ranks[index];
    reach += rank;
    for (let sum = reach; sum >= 0; sum--) {
      const without = chances[sum];
      chances[sum] = (without + (sum >= rank ? chances[sum - rank] : 0)) / 2;
    }
  }
  let tail = 0;
  const least = Math.ceil(statistic(differences, ranks) - zeros);
  for (let sum = total; sum >= least; sum--) tail += chances[sum];
  return Math.min(tail, 1);
}

function normalTail(differences: ArrayLike<number>, ranks: Int32Array, ties: number): number {
  const count = ranks.length;
  const mean = (count * (count + 1)) / 4;
  const deviation = Math.sqrt((count * (count + 1) * (2 * count + 1) - ties / 2) / 24);
  return normalCdf(-(statistic(differences, ranks) / 2 - mean) / deviation);
}
