/** From a range of an axis to a condition of the filter and back. Knows no DOM. */
import type { Choice } from '../../src/core/space/distributions.ts';
import type { Comparison, Condition, Literal } from '../filter/condition.ts';
import type { AxisRange } from './scales.ts';

/** What can be brushed along an axis. */
export interface AxisBrush {
  /** The filter's name of the column. */
  readonly name: string;
  /** Of a column of choices: place n of the axis is the nth. */
  readonly choices: readonly Choice[] | null;
  /** Whether the column has whole numbers only. */
  readonly isWhole: boolean;
  /** Where values stand on the axis; a range that reaches an end has no bound there. */
  readonly range: AxisRange;
  /** From a place on the axis to a value and back, where they are not the same. */
  readonly valueAt?: (place: number) => number;
  readonly placeOf?: (value: number) => number;
}

/** How far beside a choice's place a range may end and still have it. */
const HALF_CHOICE = 0.3;
/** Significant digits of a bound, of the length of the range. */
const DIGITS = 3;

/** The condition of a range between two places; null where it leaves nothing out. */
export function rangeCondition(brush: AxisBrush, one: number, other: number): Condition | null {
  const { name, choices, isWhole, range } = brush;
  const valueAt = brush.valueAt ?? ((place: number) => place);
  const [low, high] = [valueAt(Math.min(one, other)), valueAt(Math.max(one, other))];
  if (choices) {
    const chosen = choices.filter((_, at) => at + HALF_CHOICE >= low && at - HALF_CHOICE <= high);
    const nearest = choices[Math.min(choices.length - 1, Math.max(0, Math.round((low + high) / 2)))];
    const values = (chosen.length > 0 || nearest === undefined ? chosen : [nearest]).map(choiceLiteral);
    return values.length === choices.length ? null : { kind: 'in', name, values };
  }
  // The lane below the values is of trials that have none.
  if (high < range.min) return compare(name, '==', Number.NaN);
  const isOpenBelow = low <= range.min;
  const isOpenAbove = high >= range.max;
  const [from, to] = isWhole ? [Math.ceil(low), Math.floor(high)] : rounded(low, high, range.log);
  const bounds = [
    ...(isOpenBelow ? [] : [compare(name, '>=', from)]),
    ...(isOpenAbove ? [] : [compare(name, '<=', to)]),
  ];
  if (bounds.length === 2) return { kind: 'all', parts: bounds };
  return bounds[0] ?? null;
}

function compare(name: string, operator: Comparison, value: number): Condition {
  return { kind: 'compare', name, operator, value: { value, isQuoted: false } };
}

function choiceLiteral(choice: Choice): Literal {
  if (choice !== null && typeof choice === 'object') return { value: JSON.stringify(choice), isQuoted: true };
  return { value: choice, isQuoted: typeof choice === 'string' };
}

function rounded(low: number, high: number, log: boolean): [number, number] {
  if (log) return [Number(low.toPrecision(DIGITS)), Number(high.toPrecision(DIGITS))];
  const decimals = Math.min(100, Math.max(0, DIGITS - 1 - Math.floor(Math.log10(high - low || 1))));
  return [Number(low.toFixed(decimals)), Number(high.toFixed(decimals))];
}

/** What a condition leaves of one column, if a brush can show it: bounds, or choices. */
export type Brushed =
  | { readonly name: string; readonly low: number; readonly high: number }
  | { readonly name: string; readonly values: readonly Literal[] };

export function brushedOf(condition: Condition): Brushed | null {
  if (condition.kind === 'in') return { name: condition.name, values: condition.values };
  const parts = condition.kind === 'all' ? condition.parts : [condition];
  let [name, low, high] = ['', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const part of parts) {
    if (part.kind !== 'compare' || (name !== '' && part.name !== name)) return null;
    const { operator, value } = part;
    name = part.name;
    if (operator === '==' && !Number.isNaN(value.value)) {
      if (parts.length === 1) return { name, values: [value] };
      return null;
    }
    if (typeof value.value !== 'number' || operator === '!=') return null;
    if (Number.isNaN(value.value)) return { name, values: [] };
    if (operator.startsWith('>')) low = Math.max(low, value.value);
    else high = Math.min(high, value.value);
  }
  return name === '' ? null : { name, low, high };
}

/** Stretches of the axis that a condition leaves; none where it is about something else. */
export function rangesOf(brush: AxisBrush, condition: Condition): (readonly [from: number, to: number])[] {
  const brushed = brushedOf(condition);
  if (!brushed || brushed.name !== brush.name) return [];
  const placeOf = brush.placeOf ?? ((value: number) => value);
  if ('values' in brushed) {
    if (!brush.choices) return [];
    const found = brush.choices.flatMap((choice, at) =>
      brushed.values.some(({ value }) => value === choice || value === JSON.stringify(choice)) ? [at] : [],
    );
    return found.map((at) => [placeOf(at - 0.4), placeOf(at + 0.4)] as const);
  }
  if (brush.choices) return [];
  const low = placeOf(Math.max(brushed.low, brush.range.min));
  return [[low, placeOf(Math.min(brushed.high, brush.range.max))]];
}
