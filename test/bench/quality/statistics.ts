/** Middle of the sorted numbers; between two for an even count. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)] as number, sorted[Math.ceil(middle)] as number];
  return low === high ? low : (low + high) / 2;
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0) / numbers.length;
}

export function standardError(numbers: readonly number[]): number {
  const centre = mean(numbers);
  const squares = numbers.reduce((total, number) => total + (number - centre) ** 2, 0);
  return Math.sqrt(squares / (numbers.length - 1) / numbers.length);
}

/** Ranks from 1; equal numbers share the mean of theirs. */
export function ranks(numbers: readonly number[]): number[] {
  return numbers.map((number) => {
    const below = numbers.filter((other) => other < number).length;
    return below + (numbers.filter((other) => other === number).length + 1) / 2;
  });
}

/**
 * Two-sided p of Mann and Whitney's U test: exact without ties and up to 40 numbers, otherwise normal with correction
 * for ties and continuity.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [a.length, b.length];
  const all = ranks([...a, ...b]);
  const u = all.slice(0, n).reduce((total, rank) => total + rank, 0) - (n * (n + 1)) / 2;
  const counts = new Map<number, number>();
  for (const rank of all) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  const size = n + m;
  if (counts.size === size && size <= 40) return Math.min(1, 2 * lowerTail(n, m, Math.min(u, n * m - u)));
  let ties = 0;
  for (const count of counts.values()) ties += count ** 3 - count;
  const variance = ((n * m) / 12) * (size + 1 - ties / (size * (size - 1)));
  if (variance === 0) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * upperNormal(z));
}

/** P(U ≤ u) under the null hypothesis: counts[i] arrangements give U = i (the generating function of Gauss's binomials). */
function lowerTail(n: number, m: number, u: number): number {
  let counts = new Float64Array(n * m + 1);
  counts[0] = 1;
  for (let k = 1; k <= n; k++) {
    const next = new Float64Array(counts.length);
    for (let i = 0; i < counts.length; i++) {
      next[i] = (counts[i] as number) - (i >= m + k ? (counts[i - m - k] as number) : 0);
    }
    for (let i = k; i < next.length; i++) next[i] = (next[i] as number) + (next[i - k] as number);
    counts = next;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.subarray(0, Math.floor(u) + 1).reduce((sum, count) => sum + count, 0) / total;
}

/** 1 − Φ(z) for z ≥ 0, to 1e-7 (Abramowitz and Stegun 26.2.17). */
function upperNormal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (polynomial * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Which hypotheses are rejected at `level` (Holm 1979). */
export function holm(ps: readonly number[], level = 0.05): boolean[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const rejected = ps.map(() => false);
  for (const [place, { p, index }] of order.entries()) {
    if (p > level / (ps.length - place)) break;
    rejected[index] = true;
  }
  return rejected;
}
