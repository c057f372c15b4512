import {
  asymmetric,
  ellipsoid,
  exponents,
  type Maker,
  oscillated,
  penalty,
  rastrigin,
  scaled,
  square,
  sum,
  type Vector,
} from './bbobParts.ts';
import { minus, multiplied as times } from './formulas.ts';

/** f1–f14: the separable ones, those of moderate and of high conditioning. */

export const sphere: Maker =
  ({ place }) =>
  (x) =>
    sum(minus(x, place), square);

export const separableEllipsoid: Maker =
  ({ place }) =>
  (x) =>
    ellipsoid(minus(x, place).map(oscillated));

export const separableRastrigin: Maker =
  ({ place }) =>
  (x) =>
    rastrigin(scaled(asymmetric(minus(x, place).map(oscillated), 0.2), 10));

export const buecheRastrigin: Maker = ({ place, size }) => {
  const centre = place.map((value, axis) => (axis % 2 === 0 ? Math.abs(value) : value));
  const steps = exponents(size).map((exponent) => 10 ** (exponent / 2));
  return (x) => {
    const z = minus(x, centre)
      .map(oscillated)
      .map((value, axis) => value * (steps[axis] as number) * (axis % 2 === 0 && value > 0 ? 10 : 1));
    return rastrigin(z) + 100 * penalty(x);
  };
};

export const linearSlope: Maker = ({ place, size }) => {
  const slopes = exponents(size).map((exponent, axis) => Math.sign(place[axis] as number) * 10 ** exponent);
  return (x) =>
    sum(slopes, (slope, axis) => {
      const [own, edge] = [x[axis] as number, 5 * Math.sign(slope)];
      return 5 * Math.abs(slope) - slope * (own * edge < 25 ? own : edge);
    });
};

export const attractiveSector: Maker =
  ({ place, rotate, rotateAgain }) =>
  (x) => {
    const z = times(rotate, scaled(times(rotateAgain, minus(x, place)), 10));
    const total = sum(z, (value, axis) => (value * (value * (place[axis] as number) > 0 ? 100 : 1)) ** 2);
    return oscillated(total) ** 0.9;
  };

export const stepEllipsoid: Maker =
  ({ place, rotate, rotateAgain, size }) =>
  (x) => {
    const rough = scaled(times(rotateAgain, minus(x, place)), 10);
    const stepped = rough.map((value) =>
      Math.abs(value) > 0.5 ? Math.floor(0.5 + value) : Math.floor(0.5 + 10 * value) / 10,
    );
    const total = sum(times(rotate, stepped), (value, axis) => 100 ** (axis / (size - 1)) * value ** 2);
    return 0.1 * Math.max(Math.abs(rough[0] as number) / 1e4, total) + penalty(x);
  };

export const rosenbrockOf = (z: Vector): number =>
  sum(z.subarray(0, -1), (value, axis) => 100 * (value ** 2 - (z[axis + 1] as number)) ** 2 + (value - 1) ** 2);

export const valley: Maker = ({ place, size }) => {
  const centre = place.map((value) => 0.75 * value);
  const scale = Math.max(1, Math.sqrt(size) / 8);
  return (x) => rosenbrockOf(minus(x, centre).map((value) => scale * value + 1));
};

export const rotatedValley: Maker = ({ rotateAgain, size }) => {
  const scale = Math.max(1, Math.sqrt(size) / 8);
  return (x) => rosenbrockOf(times(rotateAgain, x).map((value) => scale * value + 0.5));
};

export const rotatedEllipsoid: Maker =
  ({ place, rotate }) =>
  (x) =>
    ellipsoid(times(rotate, minus(x, place)).map(oscillated));

export const discus: Maker =
  ({ place, rotate }) =>
  (x) =>
    sum(times(rotate, minus(x, place)).map(oscillated), (value, axis) => (axis === 0 ? 1e6 : 1) * value ** 2);

export const bentCigar: Maker =
  ({ place, rotate }) =>
  (x) => {
    const z = times(rotate, asymmetric(times(rotate, minus(x, place)), 0.5));
    return sum(z, (value, axis) => (axis === 0 ? 1 : 1e6) * value ** 2);
  };

export const sharpRidge: Maker =
  ({ place, rotate, rotateAgain }) =>
  (x) => {
    const z = times(rotate, scaled(times(rotateAgain, minus(x, place)), 10));
    return (z[0] as number) ** 2 + 100 * Math.sqrt(sum(z.subarray(1), square));
  };

export const differentPowers: Maker =
  ({ place, rotate, size }) =>
  (x) =>
    Math.sqrt(sum(times(rotate, minus(x, place)), (value, axis) => Math.abs(value) ** (2 + (4 * axis) / (size - 1))));
