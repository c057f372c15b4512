/** How a person is shown numbers, in the tree, the panel and the lenses alike. */

/** Digits that a person reads at a glance; enough for a metric whose noise is in the third. */
const USUAL_DIGITS = 4;
const MOST_DIGITS = 7;
/** Values that a column's decimals are taken from, at most. */
const SAMPLE = 4000;

/** A number with so many significant digits; plain notation between 1e-4 and 1e7, an exponent without padding elsewhere. */
export function formatNumber(value: number, digits = USUAL_DIGITS): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return String(value);
  if (size >= 1e7 || size < 1e-4) return shortExponent(value.toExponential(digits - 1));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return value.toFixed(Math.min(decimals, digits + 3));
}

/** A number with all its digits, an exponent where plain notation would be a row of zeros. */
export function exactNumber(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatNumber(value);
  return Math.abs(value) < 1e-4 ? value.toExponential() : String(value).replace('e+', 'e');
}

/** `2.6800e-5` becomes `2.68e-5`: in an exponent form trailing zeros say nothing. */
function shortExponent(text: string): string {
  return text.replace(/\.?0+e/, 'e').replace('e+', 'e');
}

/**
 * How the objective values of one study are written: all with the same number of decimals, as many as it takes to tell
 * the best from the ones around it (a tenth of a typical difference), so that a column of them lines up.
 */
export class ValueFormat {
  readonly #decimals: number | null;

  private constructor(decimals: number | null) {
    this.#decimals = decimals;
  }

  /** From a sample of finite values; fewer than two distinct ones give the usual digits. */
  static of(sample: ArrayLike<number>): ValueFormat {
    const stride = Math.max(1, Math.ceil(sample.length / SAMPLE));
    const finite: number[] = [];
    for (let index = 0; index < sample.length; index += stride) {
      const value = sample[index];
      if (Number.isFinite(value)) finite.push(value);
    }
    finite.sort((a, b) => a - b);
    const largest = Math.max(Math.abs(finite[0] ?? 0), Math.abs(finite.at(-1) ?? 0));
    if (finite.every(Number.isInteger) || largest >= 1e7 || largest < 1e-3) return new ValueFormat(null);
    const spread = finite[Math.floor(finite.length * 0.9)] - finite[Math.floor(finite.length * 0.1)];
    const usual = USUAL_DIGITS - 1 - Math.floor(Math.log10(largest));
    if (!(spread > 0)) return new ValueFormat(clampDecimals(usual, largest));
    // More decimals than the values have would only be zeros.
    const fine = Math.min(Math.ceil(-Math.log10(spread)) + 2, Math.max(...finite.map(decimalsOf)));
    return new ValueFormat(clampDecimals(Math.max(usual, fine), largest));
  }

  format(value: number): string {
    if (this.#decimals === null || !Number.isFinite(value)) return formatNumber(value);
    if (value !== 0 && Math.abs(value) < 10 ** -this.#decimals) return formatNumber(value);
    return value.toFixed(this.#decimals);
  }
}

/** Decimals of a number as it is written in full: 0.9222 has four. */
function decimalsOf(value: number): number {
  const [digits, exponent = '0'] = String(value).split('e') as [string, string?];
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
}

function clampDecimals(decimals: number, largest: number): number {
  const most = MOST_DIGITS - 1 - Math.floor(Math.log10(largest));
  return Math.min(Math.max(decimals, 0), Math.max(most, 0), 20);
}
