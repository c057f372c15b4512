/**
 * P(T ≤ t) for Student's t with a whole number of degrees of freedom: the finite sums of Abramowitz and Stegun, 26.7.3 and
 * 26.7.4. Absolute error below 1e-12.
 */
export function studentCdf(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return t > 0 ? 1 : Number.isNaN(t) ? Number.NaN : 0;
  const angle = Math.atan(t / Math.sqrt(degrees));
  const square = Math.cos(angle) ** 2;
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (square * (k - 1)) / k;
    sum += term;
  }
  const inside = isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return (1 + inside) / 2;
}
