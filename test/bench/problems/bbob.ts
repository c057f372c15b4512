import { optimumPlace, optimumValue, rotation } from './bbobDraws.ts';
import {
  gallagher,
  griewankRosenbrock,
  katsuura,
  lunacek,
  rotatedRastrigin,
  schaffers,
  schwefel,
  weierstrass,
} from './bbobMultimodal.ts';
import type { Maker } from './bbobParts.ts';
import {
  attractiveSector,
  bentCigar,
  buecheRastrigin,
  differentPowers,
  discus,
  linearSlope,
  rotatedEllipsoid,
  rotatedValley,
  separableEllipsoid,
  separableRastrigin,
  sharpRidge,
  sphere,
  stepEllipsoid,
  valley,
} from './bbobUnimodal.ts';
import { cube, repeated } from './classic.ts';
import type { Field } from './draws.ts';
import { type ProblemEntry, problemOf } from './problem.ts';

interface BbobFunction {
  readonly value: Field;
  readonly optimum: number;
}

/**
 * The noiseless functions f1–f24 of BBOB, written from their definitions (Hansen, Finck, Ros, Auger 2009): instances by
 * number, to be minimised over [−5, 5]^d.
 */
export function bbob(number: number, instance: number, size: number): BbobFunction {
  // f4 and f18 share the seed of the function that they vary.
  const family = number === 4 ? 3 : number === 18 ? 17 : number;
  const seed = family + 10_000 * instance;
  const setting = {
    size,
    seed,
    place: optimumPlace(number === 12 ? seed + 1_000_000 : seed, size),
    rotate: rotation(seed + 1_000_000, size),
    rotateAgain: rotation(seed, size),
  };
  const optimum = optimumValue(seed);
  const make = FUNCTIONS[number - 1];
  if (!make) throw new Error(`BBOB has functions 1 to 24, not ${number}.`);
  const raw = make(setting);
  return { value: (x) => raw(Float64Array.from(x)) + optimum, optimum };
}

const FUNCTIONS: readonly Maker[] = [
  sphere,
  separableEllipsoid,
  separableRastrigin,
  buecheRastrigin,
  linearSlope,
  attractiveSector,
  stepEllipsoid,
  valley,
  rotatedValley,
  rotatedEllipsoid,
  discus,
  bentCigar,
  sharpRidge,
  differentPowers,
  rotatedRastrigin,
  weierstrass,
  schaffers(10),
  schaffers(1000),
  griewankRosenbrock,
  schwefel,
  gallagher(101, Math.sqrt(1000), 10, 5),
  gallagher(21, 1000, 9.8, 4.9),
  katsuura,
  lunacek,
];

const SIZES = [5, 10, 2];
const QUICK = new Set([6, 8, 13, 15, 21]);

/** Every function once for development, and another instance of it, of another size, set aside. */
export function bbobEntries(): ProblemEntry[] {
  return FUNCTIONS.flatMap((_, index) => [
    entry(index + 1, 1, SIZES[(index + 1) % 3] as number, false),
    entry(index + 1, 2, SIZES[(index + 2) % 3] as number, true),
  ]);
}

function entry(number: number, instance: number, size: number, held: boolean): ProblemEntry {
  return {
    name: `bbob/f${number}_i${instance}_d${size}`,
    family: 'bbob',
    held,
    quick: QUICK.has(number),
    make: () => {
      const space = cube(...repeated(size, -5, 5));
      const { value, optimum } = bbob(number, instance, size);
      const truth = (params: Readonly<Record<string, unknown>>): number =>
        value(space.parameters.map(({ name }) => params[name] as number));
      return problemOf({ space, truth, best: optimum });
    },
  };
}
