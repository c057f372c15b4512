import type { Random } from '../../../src/core/random.ts';
import { minus, multiplied } from './formulas.ts';

/** Pieces that the generated families are put together from. All of them map points of the unit cube. */

export type Field = (units: ArrayLike<number>) => number;

export function between(random: Random, low: number, high: number): number {
  return low + random.uniform() * (high - low);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T;
}

export function vector(count: number, draw: () => number): Float64Array {
  return Float64Array.from({ length: count }, draw);
}

/** A rotation: normal numbers, made orthonormal row by row (Gram and Schmidt). */
export function rotationOf(random: Random, count: number): Float64Array[] {
  const rows: Float64Array[] = [];
  while (rows.length < count) {
    let row = vector(count, () => random.normal());
    for (const earlier of rows) {
      const along = dot(row, earlier);
      row = row.map((value, index) => value - along * (earlier[index] as number));
    }
    const size = Math.sqrt(dot(row, row));
    rows.push(row.map((value) => value / size));
  }
  return rows;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < a.length; index++) total += (a[index] as number) * (b[index] as number);
  return total;
}

/**
 * A draw of a Gaussian process with the Matérn-5/2 kernel and a length-scale of its own for each axis, as a sum of
 * cosines (random Fourier features, Rahimi and Recht 2007: the spectrum is a Student t with 5 degrees of freedom).
 * Mean 0, variance 1.
 */
export function smoothField(random: Random, lengthScales: ArrayLike<number>, features = 160): Field {
  const waves = Array.from({ length: features }, () => {
    const chi = vector(5, () => random.normal()).reduce((total, value) => total + value ** 2, 0);
    const spread = Math.sqrt(5 / chi);
    return Float64Array.from(lengthScales, (scale) => (random.normal() * spread) / scale);
  });
  const phases = vector(features, () => between(random, 0, 2 * Math.PI));
  const weights = vector(features, () => random.normal() * Math.sqrt(2 / features));
  return (units) => {
    let total = 0;
    for (let index = 0; index < features; index++) {
      const wave = waves[index] as Float64Array;
      total += (weights[index] as number) * Math.cos(dot(wave, units) + (phases[index] as number));
    }
    return total;
  };
}

/** Σ width_i z_i² with z = R (u − centre), widths from 1 to `condition`; 0 at the centre. */
export function bowl(random: Random, centre: ArrayLike<number>, condition: number): Field {
  const rotation = rotationOf(random, centre.length);
  const widths = vector(centre.length, () => condition ** random.uniform());
  return (units) => {
    const z = multiplied(rotation, minus(units, centre));
    let total = 0;
    for (let axis = 0; axis < z.length; axis++) total += (widths[axis] as number) * (z[axis] as number) ** 2;
    return total;
  };
}

/** z_1² + 100 |rest| with z = R (u − centre): a narrow ridge that no axis follows. */
export function ridge(random: Random, centre: ArrayLike<number>, sharpness: number): Field {
  const rotation = rotationOf(random, centre.length);
  return (units) => {
    const z = multiplied(rotation, minus(units, centre));
    const rest = Math.sqrt(Math.max(0, dot(z, z) - (z[0] as number) ** 2));
    return 10 * (z[0] as number) ** 2 + sharpness * rest;
  };
}

/** Rises from 0 towards 1 as `distance` grows: what an error rate does far from its optimum. */
export function saturating(distance: number): number {
  return 1 - Math.exp(-distance);
}

/** A number in [−1, 1) that depends on the text alone, the same everywhere. */
export function hashed(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 31 - 1;
}
