/**
 * Grid arithmetic on the decimal digits that a person wrote, so that 0 … 0.3 in steps of 0.1 has four points although
 * 3 × 0.1 ≠ 0.3 in binary. Optuna does the same with Python's Decimal(str(x)).
 */

interface Decimal {
  readonly digits: bigint;
  /** value = digits × 10^exponent */
  readonly exponent: number;
}

function parseDecimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}

/** The last point of the grid low, low + step, … that is not above high. */
export function lastGridPoint(low: number, high: number, step: number): number {
  const decimals = [low, high, step].map(parseDecimal) as [Decimal, Decimal, Decimal];
  const exponent = Math.min(...decimals.map((decimal) => decimal.exponent));
  const [lowest, highest, width] = decimals.map((decimal) => scaled(decimal, exponent)) as [bigint, bigint, bigint];
  const rest = (highest - lowest) % width;
  return rest === 0n ? high : Number(`${highest - rest}e${exponent}`);
}

/** Number of decimals that low and step are written with; the grid's points have no more. */
export function gridDecimals(low: number, step: number): number {
  return Math.max(0, -parseDecimal(low).exponent, -parseDecimal(step).exponent);
}
