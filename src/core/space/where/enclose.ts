import { apply, compare, operate, type Scalar } from './evaluate.ts';
import type { Comparison, Expression, FunctionName, Operator } from './expression.ts';

/**
 * Every value that an expression may have while its parameters lie in ranges (interval arithmetic: Moore, "Interval Analysis",
 * 1966): it may name more, never less. Numbers, 1 and 0 for true and false among them, are [low, high], empty where low > high.
 */
export interface Enclosure {
  readonly low: number;
  readonly high: number;
  /** Values that are no numbers. */
  readonly others: readonly Scalar[];
  /** Whether it may depend on an inactive parameter (undefined in `evaluate`). */
  readonly mayBeOpen: boolean;
  /** Whether it may have no value (NaN in `evaluate`). */
  readonly mayBreak: boolean;
}

const NONE: readonly Scalar[] = [];
/** Functions that are no more exact than this part of their value. */
const ROUNDING = 4 * Number.EPSILON;

/** More pairs of texts than this are not compared. */
const MOST_PAIRS = 400;

export function numbers(low: number, high: number, mayBreak = false, mayBeOpen = false): Enclosure {
  return { low, high, others: NONE, mayBeOpen, mayBreak };
}

/** What a set of values encloses. */
export function enclosureOf(values: Iterable<Scalar>, mayBeOpen: boolean): Enclosure {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let mayBreak = false;
  const others: Scalar[] = [];
  for (const value of values) {
    if (typeof value !== 'number') others.push(value);
    else if (Number.isNaN(value)) mayBreak = true;
    else {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return { low, high, others, mayBeOpen, mayBreak };
}

export function enclose(expression: Expression, ranges: readonly Enclosure[]): Enclosure {
  switch (expression.kind) {
    case 'value': {
      const { value } = expression;
      return enclosureOf([typeof value === 'boolean' ? Number(value) : value], false);
    }
    case 'name':
      return ranges[expression.slot];
    case 'negate': {
      const of = enclose(expression.of, ranges);
      return { ...numberPart(of), low: -of.high, high: -of.low };
    }
    case 'binary':
      return operated(expression.operator, enclose(expression.left, ranges), enclose(expression.right, ranges));
    case 'call':
      return called(
        expression.name,
        expression.args.map((one) => enclose(one, ranges)),
      );
    case 'compare': {
      const operands = expression.operands.map((one) => enclose(one, ranges));
      return all(expression.operators.map((operator, index) => truth(operator, operands[index], operands[index + 1])));
    }
    case 'in': {
      const of = enclose(expression.of, ranges);
      const found = any(expression.list.map((one) => truth('==', of, enclose(one, ranges))));
      return expression.isNot ? negated(found) : found;
    }
    case 'not':
      return negated(truthOf(enclose(expression.of, ranges)));
    case 'and':
      return all(expression.parts.map((part) => truthOf(enclose(part, ranges))));
    default:
      return any(expression.parts.map((part) => truthOf(enclose(part, ranges))));
  }
}

/** Whether a condition certainly holds (1), certainly is violated (−1), or may be either (0). */
export function verdict({ low, high, others, mayBeOpen, mayBreak }: Enclosure): -1 | 0 | 1 {
  const mayHold = mayBeOpen || others.length > 0 || (low <= high && !(low === 0 && high === 0));
  if (!mayHold) return -1;
  const mayFail = mayBreak || (low <= 0 && high >= 0);
  return mayFail ? 0 : 1;
}

function isOne({ low, high }: Enclosure): boolean {
  return low === high;
}

function isEmpty({ low, high }: Enclosure): boolean {
  return low > high;
}

/** What of an operand counts in arithmetic: what is no number leaves the result open. */
function numberPart({ low, high, others, mayBeOpen, mayBreak }: Enclosure): Enclosure {
  return { low, high, others: NONE, mayBeOpen: mayBeOpen || others.length > 0, mayBreak };
}

function operated(operator: Operator, left: Enclosure, right: Enclosure): Enclosure {
  const a = numberPart(left);
  const b = numberPart(right);
  const flags = { mayBeOpen: a.mayBeOpen || b.mayBeOpen, mayBreak: a.mayBreak || b.mayBreak, others: NONE };
  if (isEmpty(a) || isEmpty(b)) return { ...flags, low: 1, high: 0 };
  if (isOne(a) && isOne(b)) {
    const value = operate(operator, a.low, b.low);
    return Number.isNaN(value) ? { ...flags, low: 1, high: 0, mayBreak: true } : { ...flags, low: value, high: value };
  }
  const result = ofIntervals(operator, a, b);
  return { ...result, mayBeOpen: flags.mayBeOpen, mayBreak: flags.mayBreak || result.mayBreak };
}

function ofIntervals(operator: Operator, a: Enclosure, b: Enclosure): Enclosure {
  switch (operator) {
    case '+':
      return numbers(a.low + b.low, a.high + b.high);
    case '-':
      return numbers(a.low - b.high, a.high - b.low);
    case '*':
      return corners(a, b, (x, y) => (x === 0 || y === 0 ? 0 : x * y));
    case '/':
    case '//':
      if (b.low <= 0 && b.high >= 0) return anything(true);
      return corners(a, b, (x, y) => operate(operator, x, y));
    case '%':
      return remainders(a, b);
    default:
      return powers(a, b);
  }
}

function anything(mayBreak: boolean): Enclosure {
  return numbers(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, mayBreak);
}

/** Of an operation that is monotone in each operand. */
function corners(a: Enclosure, b: Enclosure, of: (x: number, y: number) => number, rounding = 0): Enclosure {
  const values = [of(a.low, b.low), of(a.low, b.high), of(a.high, b.low), of(a.high, b.high)];
  if (values.some(Number.isNaN)) return anything(true);
  return widened(Math.min(...values), Math.max(...values), rounding);
}

function widened(low: number, high: number, rounding: number): Enclosure {
  const around = (value: number) => (Number.isFinite(value) ? rounding * Math.abs(value) : 0);
  return numbers(low - around(low), high + around(high));
}

function remainders(a: Enclosure, b: Enclosure): Enclosure {
  const isWithinOnePeriod = isOne(b) && b.low !== 0 && Math.floor(a.low / b.low) === Math.floor(a.high / b.low);
  if (isWithinOnePeriod && Number.isFinite(a.low) && Number.isFinite(a.high)) {
    const ends = [operate('%', a.low, b.low), operate('%', a.high, b.low)];
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    // A quotient that was rounded up to the next period.
    if (high - low <= a.high - a.low) return numbers(low, high);
  }
  return numbers(Math.min(0, b.low), Math.max(0, b.high), b.low <= 0 && b.high >= 0);
}

function powers(a: Enclosure, b: Enclosure): Enclosure {
  const power = (x: number, y: number) => x ** y;
  if (a.low > 0 || (a.low === 0 && b.low >= 0)) return corners(a, b, power, ROUNDING);
  if (!isOne(b) || !Number.isInteger(b.low)) return anything(true);
  const exponent = b.low;
  if (exponent < 0 && a.low <= 0 && a.high >= 0) return anything(true);
  const values = [a.low ** exponent, a.high ** exponent];
  const isEven = exponent % 2 === 0;
  if (isEven && a.low < 0 && a.high > 0) values.push(exponent === 0 ? 1 : 0);
  return widened(Math.min(...values), Math.max(...values), ROUNDING);
}

function called(name: FunctionName, args: readonly Enclosure[]): Enclosure {
  const parts = args.map(numberPart);
  const mayBeOpen = parts.some((part) => part.mayBeOpen);
  const mayBreak = parts.some((part) => part.mayBreak);
  if (parts.some(isEmpty)) return numbers(1, 0, mayBreak, mayBeOpen);
  if (name === 'min' || name === 'max') {
    const low = Math[name](...parts.map((part) => part.low));
    const high = Math[name](...parts.map((part) => part.high));
    return numbers(low, high, mayBreak, mayBeOpen);
  }
  const result = ofFunction(name, parts[0]);
  return { ...result, mayBeOpen, mayBreak: mayBreak || result.mayBreak };
}

function ofFunction(name: FunctionName, of: Enclosure): Enclosure {
  const { low, high } = of;
  if (name === 'abs') {
    const least = low <= 0 && high >= 0 ? 0 : Math.min(Math.abs(low), Math.abs(high));
    return numbers(least, Math.max(Math.abs(low), Math.abs(high)));
  }
  const isRoot = name === 'sqrt';
  if (isRoot || name.startsWith('log')) {
    const isOutside = isRoot ? low < 0 : low <= 0;
    if (isRoot ? high < 0 : high <= 0) return numbers(1, 0, true);
    const from = isOutside ? (isRoot ? 0 : Number.NEGATIVE_INFINITY) : apply(name, low);
    return { ...roundedUnlessOne(from, apply(name, high), of), mayBreak: isOutside };
  }
  return roundedUnlessOne(apply(name, low), apply(name, high), of);
}

/** A function of one number is what `evaluate` finds. */
function roundedUnlessOne(low: number, high: number, of: Enclosure): Enclosure {
  return isOne(of) ? numbers(low, high) : widened(low, high, ROUNDING);
}

/** Truth values as numbers, from what may be true, false, open or broken. */
function truthFrom(mayBeTrue: boolean, mayBeFalse: boolean, mayBeOpen: boolean, mayBreak: boolean): Enclosure {
  return numbers(mayBeFalse ? 0 : 1, mayBeTrue ? 1 : 0, mayBreak, mayBeOpen);
}

function mayBeTrue({ high, low }: Enclosure): boolean {
  return low <= high && high === 1;
}

function mayBeFalse({ high, low }: Enclosure): boolean {
  return low <= high && low === 0;
}

/** What a value is as a condition. */
function truthOf({ low, high, others, mayBeOpen, mayBreak }: Enclosure): Enclosure {
  const hasNumbers = low <= high;
  return truthFrom(
    hasNumbers && !(low === 0 && high === 0),
    hasNumbers && low <= 0 && high >= 0,
    mayBeOpen || others.length > 0,
    mayBreak,
  );
}

function negated(of: Enclosure): Enclosure {
  return truthFrom(mayBeFalse(of), mayBeTrue(of), of.mayBeOpen, of.mayBreak);
}

function all(parts: readonly Enclosure[]): Enclosure {
  const isOpenable = parts.every((part) => mayBeTrue(part) || part.mayBeOpen);
  return truthFrom(
    parts.every(mayBeTrue),
    parts.some(mayBeFalse),
    isOpenable && parts.some((part) => part.mayBeOpen),
    parts.some((part) => part.mayBreak),
  );
}

function any(parts: readonly Enclosure[]): Enclosure {
  return negated(all(parts.map(negated)));
}

function truth(operator: Comparison, a: Enclosure, b: Enclosure): Enclosure {
  let isTrue = false;
  let isFalse = false;
  let isOpen = a.mayBeOpen || b.mayBeOpen;
  const add = (found: number | undefined) => {
    if (found === undefined) isOpen = true;
    else if (found === 1) isTrue = true;
    else isFalse = true;
  };
  if (!isEmpty(a) && !isEmpty(b)) {
    if (mayCompare(operator, a, b)) isTrue = true;
    if (mayCompare(OPPOSITE[operator], a, b)) isFalse = true;
  }
  if (!isEmpty(a) && b.others.length > 0) add(operator === '==' ? 0 : operator === '!=' ? 1 : undefined);
  if (!isEmpty(b) && a.others.length > 0) add(operator === '==' ? 0 : operator === '!=' ? 1 : undefined);
  if (a.others.length * b.others.length > MOST_PAIRS) for (const found of [0, 1, undefined]) add(found);
  else for (const left of a.others) for (const right of b.others) add(compare(operator, left, right));
  return truthFrom(isTrue, isFalse, isOpen, a.mayBreak || b.mayBreak);
}

const OPPOSITE: Readonly<Record<Comparison, Comparison>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
};

/** Whether a number of one interval may compare so with one of the other. */
function mayCompare(operator: Comparison, a: Enclosure, b: Enclosure): boolean {
  switch (operator) {
    case '<':
      return a.low < b.high;
    case '<=':
      return a.low <= b.high;
    case '>':
      return a.high > b.low;
    case '>=':
      return a.high >= b.low;
    case '==':
      return a.low <= b.high && b.low <= a.high;
    default:
      return !(isOne(a) && isOne(b) && a.low === b.low);
  }
}
