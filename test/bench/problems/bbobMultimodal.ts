import { normals, uniforms } from './bbobDraws.ts';
import { asymmetric, type Maker, oscillated, penalty, rastrigin, scaled, sum, type Vector, wave } from './bbobParts.ts';
import { minus, multiplied as times } from './formulas.ts';

/** f15–f24: many optima, with and without a global structure. */

export const rotatedRastrigin: Maker =
  ({ place, rotate, rotateAgain }) =>
  (x) => {
    const z = asymmetric(times(rotate, minus(x, place)).map(oscillated), 0.2);
    return rastrigin(times(rotate, scaled(times(rotateAgain, z), 10)));
  };

export const weierstrass: Maker = ({ place, rotate, rotateAgain, size }) => {
  const terms = Array.from({ length: 12 }, (_, k) => ({ weight: 0.5 ** k, rate: 3 ** k }));
  const floor = terms.reduce((total, { weight, rate }) => total + weight * Math.cos(Math.PI * rate), 0);
  return (x) => {
    const inner = times(rotateAgain, times(rotate, minus(x, place)).map(oscillated));
    const z = times(rotate, scaled(inner, 1 / 100));
    const total = sum(z, (value) =>
      terms.reduce((part, { weight, rate }) => part + weight * wave(rate * (value + 0.5)), 0),
    );
    return 10 * (total / size - floor) ** 3 + (10 / size) * penalty(x);
  };
};

export function schaffers(condition: number): Maker {
  return ({ place, rotate, rotateAgain, size }) =>
    (x) => {
      const z = scaled(times(rotateAgain, asymmetric(times(rotate, minus(x, place)), 0.5)), condition);
      const total = sum(z.subarray(0, -1), (value, axis) => {
        const s = Math.hypot(value, z[axis + 1] as number);
        return Math.sqrt(s) * (1 + Math.sin(50 * s ** 0.2) ** 2);
      });
      return (total / (size - 1)) ** 2 + 10 * penalty(x);
    };
}

export const griewankRosenbrock: Maker = ({ rotateAgain, size }) => {
  const scale = Math.max(1, Math.sqrt(size) / 8);
  return (x) => {
    const z = times(rotateAgain, x).map((value) => scale * value + 0.5);
    const total = sum(z.subarray(0, -1), (value, axis) => {
      const s = 100 * (value ** 2 - (z[axis + 1] as number)) ** 2 + (value - 1) ** 2;
      return s / 4000 - Math.cos(s);
    });
    return (10 / (size - 1)) * total + 10;
  };
};

export const schwefel: Maker = ({ seed, size }) => {
  const signs = uniforms(size, seed).map((draw) => (draw < 0.5 ? -1 : 1));
  const centre = 4.2096874633;
  return (x) => {
    const own = x.map((value, axis) => 2 * value * (signs[axis] as number));
    const chained = own.map((value, axis) => value + (axis > 0 ? 0.25 * ((own[axis - 1] as number) - centre) : 0));
    const z = scaled(
      chained.map((value) => value - centre),
      10,
    ).map((value) => 100 * (value + centre));
    const total = sum(z, (value) => value * Math.sin(Math.sqrt(Math.abs(value))));
    return -total / (100 * size) + 4.189828872724339 + 100 * penalty(z.map((value) => value / 100));
  };
};

export const katsuura: Maker =
  ({ place, rotate, rotateAgain, size }) =>
  (x) => {
    const z = times(rotate, scaled(times(rotateAgain, minus(x, place)), 100));
    let product = 1;
    for (let axis = 0; axis < size; axis++) {
      let total = 0;
      for (let j = 1; j <= 32; j++) {
        const power = 2 ** j * (z[axis] as number);
        total += Math.abs(power - Math.round(power)) / 2 ** j;
      }
      product *= (1 + (axis + 1) * total) ** (10 / size ** 1.2);
    }
    return (10 / size ** 2) * (product - 1) + penalty(x);
  };

export const lunacek: Maker = ({ seed, size, rotate, rotateAgain }) => {
  const signs = normals(size, seed).map((value) => (value < 0 ? -1 : 1));
  const [first, s] = [2.5, 1 - 1 / (2 * Math.sqrt(size + 20) - 8.2)];
  const second = -Math.sqrt((first ** 2 - 1) / s);
  return (x) => {
    const own = x.map((value, axis) => 2 * value * (signs[axis] as number));
    const near = sum(own, (value) => (value - first) ** 2);
    const far = size + s * sum(own, (value) => (value - second) ** 2);
    const z = times(
      rotate,
      scaled(
        times(
          rotateAgain,
          own.map((value) => value - first),
        ),
        100,
      ),
    );
    return Math.min(near, far) + 10 * (size - sum(z, wave)) + 1e4 * penalty(x);
  };
};

/** Peaks with rotated widths of their own; 101 of them, or 21. */
export function gallagher(peaks: number, highest: number, range: number, centreRange: number): Maker {
  return ({ seed, size, rotateAgain: rotate }) => {
    const order = shuffled(peaks - 1, seed);
    const conditions = [highest, ...order.map((place) => 1000 ** (place / (peaks - 2)))];
    const heights = conditions.map((_, peak) => (peak === 0 ? 10 : 1.1 + (8 * (peak - 1)) / (peaks - 2)));
    const widths = conditions.map((condition, peak) => {
      const places = shuffled(size, seed + 1000 * peak);
      return Float64Array.from(places, (place) => condition ** (place / (size - 1) - 0.5));
    });
    const draws = uniforms(size * peaks, seed);
    const centres = conditions.map((_, peak) => {
      const raw = draws.subarray(peak * size, (peak + 1) * size).map((draw) => range * draw - centreRange);
      return times(rotate, peak === 0 ? raw.map((value) => 0.8 * value) : raw);
    });
    return (x) => {
      const z = times(rotate, x);
      let most = 0;
      for (const [peak, centre] of centres.entries()) {
        const width = widths[peak] as Vector;
        const distance = sum(minus(z, centre), (value, axis) => (width[axis] as number) * value ** 2);
        most = Math.max(most, (heights[peak] as number) * Math.exp(-distance / (2 * size)));
      }
      return oscillated(10 - most) ** 2 + penalty(x);
    };
  };
}

/** 0 … count − 1 in the order of uniform draws. */
export function shuffled(count: number, seed: number): number[] {
  const draws = uniforms(count, seed);
  return [...draws.keys()].sort((a, b) => (draws[a] as number) - (draws[b] as number));
}
