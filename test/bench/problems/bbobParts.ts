/** What the functions of BBOB are put together from (Hansen, Finck, Ros, Auger 2009). */

export type Vector = Float64Array;

export interface Setting {
  readonly size: number;
  readonly seed: number;
  readonly place: Vector;
  readonly rotate: readonly Vector[];
  readonly rotateAgain: readonly Vector[];
}

export type Maker = (setting: Setting) => (x: Vector) => number;

/** i / (d − 1) for every axis. */
export function exponents(size: number): Vector {
  return Float64Array.from({ length: size }, (_, axis) => axis / (size - 1));
}

/** Λ^α: α^(i / (2 (d − 1))) on the diagonal. */
export function scaled(x: Vector, alpha: number): Vector {
  return x.map((value, axis) => value * alpha ** (axis / (x.length - 1) / 2));
}

export function oscillated(value: number): number {
  if (value === 0) return 0;
  const [first, second] = value > 0 ? [10, 7.9] : [5.5, 3.1];
  const log = Math.log(Math.abs(value));
  return Math.sign(value) * Math.exp(log + 0.049 * (Math.sin(first * log) + Math.sin(second * log)));
}

export function asymmetric(x: Vector, beta: number): Vector {
  return x.map((value, axis) =>
    value > 0 ? value ** (1 + ((beta * axis) / (x.length - 1)) * Math.sqrt(value)) : value,
  );
}

/** How far outside [−5, 5]^d. */
export function penalty(x: Vector): number {
  return x.reduce((total, value) => total + Math.max(0, Math.abs(value) - 5) ** 2, 0);
}

export function sum(x: Vector, term: (value: number, axis: number) => number): number {
  let total = 0;
  for (let axis = 0; axis < x.length; axis++) total += term(x[axis] as number, axis);
  return total;
}

export const square = (value: number): number => value ** 2;
export const wave = (value: number): number => Math.cos(2 * Math.PI * value);
export const rastrigin = (z: Vector): number => 10 * (z.length - sum(z, wave)) + sum(z, square);

export const ellipsoid = (z: Vector): number =>
  sum(z, (value, axis) => 10 ** ((6 * axis) / (z.length - 1)) * value ** 2);
