import type { Choice } from '../distributions.ts';
import type { Comparison, Expression, FunctionName, Operator } from './expression.ts';

/**
 * The value of an expression. True and false are 1 and 0, as in Python. Undefined: it depends on a parameter that is inactive,
 * or asks for the number of what is none. NaN: it has no value, such as a quotient by 0.
 */
export type Scalar = Choice | undefined;

/** A parameter's value as an expression computes with it. */
export function scalarOf(value: Scalar): Scalar {
  return typeof value === 'boolean' ? Number(value) : value;
}

/**
 * Evaluates an expression with a value a slot. What depends on an inactive parameter is neither true nor false (Kleene's logic):
 * `a or b` is true where one part is, whatever the other would be.
 */
export function evaluate(expression: Expression, values: ArrayLike<Scalar>): Scalar {
  switch (expression.kind) {
    case 'value':
      return scalarOf(expression.value);
    case 'name':
      return values[expression.slot];
    case 'negate': {
      const of = evaluate(expression.of, values);
      return typeof of === 'number' ? -of : undefined;
    }
    case 'binary': {
      const left = evaluate(expression.left, values);
      const right = evaluate(expression.right, values);
      if (typeof left !== 'number' || typeof right !== 'number') return undefined;
      return operate(expression.operator, left, right);
    }
    case 'call':
      return called(expression.name, expression.args, values);
    case 'compare':
      return compared(expression.operators, expression.operands, values);
    case 'in':
      return isAmong(expression.of, expression.list, expression.isNot, values);
    case 'not': {
      const of = evaluate(expression.of, values);
      return typeof of !== 'number' || Number.isNaN(of) ? of : Number(of === 0);
    }
    default:
      return joined(expression.parts, expression.kind === 'and' ? 0 : 1, values);
  }
}

/** Decided by the first part that is `decisive`; a part without a value before it leaves the whole without one. */
function joined(parts: readonly Expression[], decisive: 0 | 1, values: ArrayLike<Scalar>): Scalar {
  let isOpen = false;
  for (const part of parts) {
    const value = evaluate(part, values);
    if (typeof value !== 'number') isOpen = true;
    else if (Number.isNaN(value)) return value;
    else if (Number(value !== 0) === decisive) return decisive;
  }
  return isOpen ? undefined : 1 - decisive;
}

function compared(
  operators: readonly Comparison[],
  operands: readonly Expression[],
  values: ArrayLike<Scalar>,
): Scalar {
  let isOpen = false;
  let left = evaluate(operands[0], values);
  for (let index = 0; index < operators.length; index++) {
    const right = evaluate(operands[index + 1], values);
    const found = compare(operators[index], left, right);
    if (found === 0 || Number.isNaN(found)) return found;
    isOpen ||= found === undefined;
    left = right;
  }
  return isOpen ? undefined : 1;
}

/** 1 or 0; undefined where an operand is, or where the two have no order; NaN where one is. */
export function compare(operator: Comparison, left: Scalar, right: Scalar): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN;
  if (operator === '==') return Number(left === right);
  if (operator === '!=') return Number(left !== right);
  if (typeof left === 'number' && typeof right === 'number') return inOrder(operator, left, right);
  return typeof left === 'string' && typeof right === 'string' ? inOrder(operator, left, right) : undefined;
}

function inOrder<T extends number | string>(operator: Comparison, left: T, right: T): number {
  switch (operator) {
    case '<':
      return Number(left < right);
    case '<=':
      return Number(left <= right);
    case '>':
      return Number(left > right);
    default:
      return Number(left >= right);
  }
}

function isAmong(of: Expression, list: readonly Expression[], isNot: boolean, values: ArrayLike<Scalar>): Scalar {
  const value = evaluate(of, values);
  let isOpen = false;
  for (const one of list) {
    const found = compare('==', value, evaluate(one, values));
    if (Number.isNaN(found)) return found;
    if (found === 1) return isNot ? 0 : 1;
    isOpen ||= found === undefined;
  }
  return isOpen ? undefined : Number(isNot);
}

function called(name: FunctionName, args: readonly Expression[], values: ArrayLike<Scalar>): Scalar {
  let result: number | undefined;
  for (const one of args) {
    const value = evaluate(one, values);
    if (typeof value !== 'number') return undefined;
    if (result === undefined) result = value;
    else result = name === 'min' ? Math.min(result, value) : Math.max(result, value);
  }
  return apply(name, result as number);
}

/** The function of one number; of a list's least or greatest it is itself. */
export function apply(name: FunctionName, value: number): number {
  switch (name) {
    case 'abs':
      return Math.abs(value);
    case 'log':
    case 'log2':
    case 'log10':
      return value > 0 ? Math[name](value) : Number.NaN;
    case 'exp':
    case 'sqrt':
    case 'floor':
    case 'ceil':
      return Math[name](value);
    case 'round':
      return Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
    default:
      return value;
  }
}

/** Python's operators on numbers; NaN where Python raises an error. */
export function operate(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? Number.NaN : left / right;
    case '//':
      return right === 0 ? Number.NaN : Math.floor(left / right);
    case '%':
      return remainder(left, right);
    default:
      return left === 0 && right < 0 ? Number.NaN : left ** right;
  }
}

/** With the sign of the divisor. */
function remainder(left: number, right: number): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}
