/** Whether an importance is more than what chance gives: permutation tests. */
import type { Random } from '../random.ts';
import { shuffle } from '../random.ts';

/**
 * p-values that hold for all statistics together: the chance that, if none of the statistics meant anything, any would be as
 * large as this one (step-down maxT, Westfall and Young 1993, with Phipson and Smyth's 2010 count of the observation itself).
 * `byChance` has, for each statistic, its values on shuffled data, all in the same number; each statistic is compared in
 * units of its own deviation by chance, and one that chance never moves gets 1.
 */
export function adjustedPValues(observed: ArrayLike<number>, byChance: readonly Float64Array[]): Float64Array {
  const count = byChance.length;
  const drawings = byChance[0]?.length ?? 0;
  const scores = new Float64Array(count);
  const chance = byChance.map((values, index) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / drawings;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawings);
    const isFixed = !(deviation > 1e-12 * Math.abs(mean));
    scores[index] = isFixed ? Number.NEGATIVE_INFINITY : (observed[index] - mean) / deviation;
    return values.map((value) => (isFixed ? Number.NEGATIVE_INFINITY : (value - mean) / deviation));
  });
  const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b] || a - b);
  const largest = new Float64Array(drawings).fill(Number.NEGATIVE_INFINITY);
  const p = new Float64Array(count).fill(1);
  for (const index of order) {
    const score = scores[index];
    if (score === Number.NEGATIVE_INFINITY) continue;
    const own = chance[index];
    let reached = 1;
    for (let drawing = 0; drawing < drawings; drawing++) {
      largest[drawing] = Math.max(largest[drawing], own[drawing]);
      // Equal arrangements may differ by rounding.
      if (largest[drawing] >= score - 1e-9 * (1 + Math.abs(score))) reached++;
    }
    p[index] = reached / (drawings + 1);
  }
  // A statistic is at most as sure as every larger one.
  let most = 0;
  for (const index of order.reverse()) {
    most = Math.max(most, p[index]);
    p[index] = most;
  }
  return p;
}

/** Ranks from 0, equal values sharing their mean rank. */
export function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let at = start; at < end; at++) result[order[at]] = (start + end - 1) / 2;
    start = end;
  }
  return result;
}

/** About √n groups, 2 to 16, of as many rows each as there can be without parting equal values. */
export function groupsOf(values: Float64Array): Uint8Array {
  const most = Math.min(Math.max(Math.round(Math.sqrt(values.length)), 2), 16);
  return Uint8Array.from(ranks(values), (rank) => Math.min(most - 1, Math.floor((rank * most) / values.length)));
}

/**
 * How far the mean ranks of the objective differ between a parameter's groups: the sum over groups of (Σ rank)² / n, which
 * is Kruskal and Wallis's (1952) H but for constants, the observed value and those of shuffled ranks. It is the share of the
 * rank's variance that the parameter explains by itself, as fANOVA's is of the value's, yet takes no forest.
 */
export function groupedRanks(
  targets: Float64Array,
  groups: readonly Uint8Array[],
  drawings: number,
  random: Random,
): { observed: Float64Array; byChance: Float64Array[] } {
  const ranked = ranks(targets);
  const mean = (targets.length - 1) / 2;
  const sizes = groups.map((own) => {
    const counts = new Float64Array(256);
    for (const group of own) counts[group] = counts[group] + 1;
    return counts;
  });
  const sums = new Float64Array(256);
  const places = Uint32Array.from(ranked.keys());
  const statistic = (index: number): number => {
    const own = groups[index];
    sums.fill(0);
    for (let row = 0; row < own.length; row++) {
      const group = own[row];
      sums[group] = sums[group] + ranked[places[row]] - mean;
    }
    let total = 0;
    const counts = sizes[index];
    for (let group = 0; group < 256; group++) {
      if (counts[group] !== 0) total += sums[group] ** 2 / counts[group];
    }
    return total;
  };
  const observed = Float64Array.from(groups.keys(), statistic);
  const byChance = groups.map(() => new Float64Array(drawings));
  for (let drawing = 0; drawing < drawings; drawing++) {
    shuffle(places, random);
    for (const [index, values] of byChance.entries()) values[drawing] = statistic(index);
  }
  return { observed, byChance };
}
