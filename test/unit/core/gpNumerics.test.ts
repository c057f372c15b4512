import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  choleskyRow,
  inverseOf,
  logDeterminant,
  solveLower,
  solveLowerFour,
  solveUpper,
} from '../../../src/core/linalg/cholesky.ts';
import { minimise } from '../../../src/core/linalg/lbfgs.ts';
import { Random } from '../../../src/core/random.ts';
import {
  logImprovement,
  logImprovementSlope,
  logNormalCdf,
  logNormalCdfSlope,
} from '../../../src/core/stats/normalTails.ts';
import { OutputWarp, yeoJohnson } from '../../../src/core/stats/outputWarp.ts';

function near(actual: number, expected: number, relative: number, what = ''): void {
  const error = Math.abs(actual - expected) / Math.max(1e-300, Math.abs(expected));
  assert.ok(error <= relative, `${what}: ${actual} instead of ${expected}`);
}

describe('Cholesky factor', () => {
  /** B Bᵀ + n I, row-major, and its size. */
  function positive(size: number, seed: number): Float64Array {
    const random = new Random(seed, size);
    const b = Float64Array.from({ length: size * size }, () => random.normal());
    const a = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let sum = i === j ? 0.5 : 0;
        for (let k = 0; k < size; k++) sum += (b[i * size + k] as number) * (b[j * size + k] as number);
        a[i * size + j] = sum;
      }
    }
    return a;
  }

  function factored(a: Float64Array, size: number): Float64Array {
    const l = a.slice();
    for (let row = 0; row < size; row++) assert.ok(choleskyRow(l, row, size));
    return l;
  }

  const sizes = [1, 2, 3, 4, 5, 7, 8, 13, 30];

  test('multiplied with itself gives the matrix', () => {
    for (const size of sizes) {
      const a = positive(size, 1);
      const l = factored(a, size);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let k = 0; k <= j; k++) sum += (l[i * size + k] as number) * (l[j * size + k] as number);
          assert.ok(Math.abs(sum - (a[i * size + j] as number)) < 1e-9 * size, `${size}: ${i}, ${j}`);
        }
      }
    }
  });

  test('solves, inverts and has the determinant', () => {
    for (const size of sizes) {
      const a = positive(size, 2);
      const l = factored(a, size);
      const inverse = new Float64Array(size * size);
      inverseOf(l, size, size, new Float64Array(size * size), inverse);
      const random = new Random(3, size);
      const x = Float64Array.from({ length: size }, () => random.normal());
      const b = x.map((_, i) => x.reduce((sum, value, j) => sum + value * (a[i * size + j] as number), 0));
      const four = Float64Array.from({ length: 4 * size }, (_, at) => (b[at >> 2] as number) * ((at & 3) + 1));
      const solved = b.slice();
      solveLower(l, size, size, solved);
      solveLowerFour(l, size, size, four);
      for (let i = 0; i < size; i++) {
        for (let c = 0; c < 4; c++)
          assert.ok(Math.abs((four[4 * i + c] as number) - (c + 1) * (solved[i] as number)) < 1e-8);
      }
      solveUpper(l, size, size, solved);
      for (let i = 0; i < size; i++) {
        assert.ok(Math.abs((solved[i] as number) - (x[i] as number)) < 1e-6, `${size}: solution`);
        let sum = 0;
        for (let j = 0; j < size; j++) {
          sum += (inverse[Math.max(i, j) * size + Math.min(i, j)] as number) * (b[j] as number);
        }
        assert.ok(Math.abs(sum - (x[i] as number)) < 1e-6, `${size}: inverse`);
      }
      const diagonal = Array.from({ length: size }, (_, i) => l[i * size + i] as number);
      near(logDeterminant(l, size, size), 2 * diagonal.reduce((sum, value) => sum + Math.log(value), 0), 1e-12);
    }
  });

  test('that grew row by row is the same to the last bit', () => {
    const size = 23;
    const a = positive(size, 4);
    const grown = new Float64Array(40 * 40);
    for (let row = 0; row < size; row++) {
      for (let j = 0; j <= row; j++) grown[row * 40 + j] = a[row * size + j] as number;
      assert.ok(choleskyRow(grown, row, 40));
    }
    const whole = factored(a, size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) assert.equal(grown[i * 40 + j], whole[i * size + j]);
    }
  });

  test('refuses a matrix that is not positive definite', () => {
    const a = Float64Array.of(1, 0, 2, 1);
    assert.ok(choleskyRow(a, 0, 2));
    assert.equal(choleskyRow(a, 1, 2), false);
  });
});

describe('L-BFGS in a box', () => {
  function rosenbrock(x: Float64Array, gradient: Float64Array): number {
    gradient.fill(0);
    let sum = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      const [a, b] = [x[i] as number, x[i + 1] as number];
      sum += 100 * (b - a * a) ** 2 + (1 - a) ** 2;
      gradient[i] = (gradient[i] as number) - 400 * a * (b - a * a) - 2 * (1 - a);
      gradient[i + 1] = (gradient[i + 1] as number) + 200 * (b - a * a);
    }
    return sum;
  }

  test('follows the valley of Rosenbrock to its end', () => {
    const x = Float64Array.of(-1.2, 1, -0.5, 0.8, 1.5);
    const lower = x.map(() => -5);
    const upper = x.map(() => 5);
    const value = minimise(rosenbrock, x, { lower, upper, iterations: 300, tolerance: 1e-15 });
    assert.ok(value < 1e-9, String(value));
    for (const one of x) assert.ok(Math.abs(one - 1) < 1e-3);
  });

  test('stops at the bounds, where the least value is', () => {
    const x = Float64Array.of(0.9, -0.4, 0.3);
    const target = [2, 0.2, -3];
    const f = (at: Float64Array, gradient: Float64Array) => {
      let sum = 0;
      for (const [i, t] of target.entries()) {
        const difference = (at[i] as number) - t;
        gradient[i] = 2 * 10 ** i * difference;
        sum += 10 ** i * difference ** 2;
      }
      return sum;
    };
    minimise(f, x, { lower: x.map(() => -1), upper: x.map(() => 1), iterations: 50, tolerance: 1e-14 });
    assert.deepEqual([x[0], x[2]], [1, -1]);
    assert.ok(Math.abs((x[1] as number) - 0.2) < 1e-6);
  });

  test('leaves a start alone where the function is not defined', () => {
    const x = Float64Array.of(0.5);
    assert.ok(
      Number.isNaN(
        minimise(() => Number.NaN, x, {
          lower: Float64Array.of(0),
          upper: Float64Array.of(1),
          iterations: 5,
          tolerance: 1e-3,
        }),
      ),
    );
    assert.equal(x[0], 0.5);
  });
});

test('logarithms of normal integrals agree with 40 digits, far in the tail too', () => {
  // z, log h, log Φ, Φ / h, φ / Φ; computed with mpmath.
  const exact = [
    [3, 1.0987396653277077, -0.0013508099647481938, 0.3328409684517952, 0.004437839042125664],
    [1, 0.08002621884930694, -0.17275377902344988, 0.7766387252017393, 0.2875999709391784],
    [0, -0.9189385332046728, -Math.LN2, 1.2533141373155003, 0.7978845608028654],
    [-1, -2.4851210257126413, -1.8410216450092636, 1.9042712333296918, 1.525135276160981],
    [-3, -7.869686059603029, -6.607726221510349, 3.5323375176251606, 3.2830986549304364],
    [-4.9, -16.212816407897737, -14.551182689355313, 5.267910100563279, 5.089828600129883],
    [-5.1, -17.285185774704836, -15.588487091871466, 5.455905951876874, 5.283287616909157],
    [-8, -37.12236426169263, -35.01343715991455, 8.239396506840066, 8.121368112236112],
    [-20, -206.9178385094251, -203.91715537109727, 20.099262811101283, 20.04975306852785],
    [-50, -1258.744182868461, -1254.8313611394199, 50.03995213387265, 50.019984031905636],
  ] as const;
  for (const [z, logH, logPhi, slopeH, slopePhi] of exact) {
    near(logImprovement(z), logH, 1e-7, `log h(${z})`);
    near(logNormalCdf(z), logPhi, 1e-7, `log Φ(${z})`);
    near(logImprovementSlope(z), slopeH, 3e-6, `slope of log h(${z})`);
    near(logNormalCdfSlope(z), slopePhi, 1e-7, `slope of log Φ(${z})`);
  }
  near(logImprovement(-1000), -500014.73445209116, 1e-13);
  near(logNormalCdf(-1000), -500007.82669481216, 1e-13);
  near(logImprovement(-1e6), -500000000028.55, 1e-13);
  assert.ok(Number.isFinite(logImprovement(-1e150)));
});

describe('output warp', () => {
  const random = new Random(5, 0);
  const samples: Readonly<Record<string, Float64Array>> = {
    normal: Float64Array.from({ length: 80 }, () => random.normal()),
    skewed: Float64Array.from({ length: 80 }, () => Math.exp(2 * random.normal())),
    outliers: Float64Array.from({ length: 80 }, (_, i) => (i % 20 === 0 ? 1e9 : random.normal())),
    huge: Float64Array.from({ length: 80 }, () => 1.5e308 * (2 * random.uniform() - 1)),
    tiny: Float64Array.from({ length: 80 }, () => 1e-300 * random.normal()),
    freak: Float64Array.from({ length: 80 }, (_, i) => (i === 3 ? -1e200 : random.normal())),
  };

  test('keeps the order and gives mean 0 and variance 1', () => {
    for (const [name, losses] of Object.entries(samples)) {
      const warp = new OutputWarp(losses);
      const z = losses.map((loss) => warp.apply(loss));
      const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
      const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length;
      assert.ok(Math.abs(mean) < 1e-9 && Math.abs(variance - 1) < 1e-6, `${name}: ${mean} ${variance}`);
      for (let i = 0; i < z.length; i++) {
        for (let j = 0; j < z.length; j++) {
          if ((losses[i] as number) < (losses[j] as number)) assert.ok((z[i] as number) <= (z[j] as number), name);
        }
      }
    }
  });

  test('draws a skewed tail in', () => {
    const losses = samples['skewed'] as Float64Array;
    const warp = new OutputWarp(losses);
    const skewness = (values: Float64Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const moment = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
      return moment(3) / moment(2) ** 1.5;
    };
    const before = skewness(losses);
    const after = skewness(losses.map((loss) => warp.apply(loss)));
    assert.ok(before > 2 && Math.abs(after) < 0.6, `${before} before, ${after} after`);
  });

  test('does not draw the tail in where losses are noisy, but still a long good side', () => {
    const bad = samples['skewed'] as Float64Array;
    const linear = new OutputWarp(bad, { isNoisy: true });
    const slope = (warp: OutputWarp, from: number) => (warp.apply(from + 0.1) - warp.apply(from)) / 0.1;
    near(slope(linear, 0.2), slope(linear, 3), 1e-9);
    const good = bad.map((loss) => -loss);
    for (const isNoisy of [false, true]) {
      const warp = new OutputWarp(good, { isNoisy });
      assert.ok(slope(warp, -5) < 0.5 * slope(warp, -0.5), `${slope(warp, -5)} ${slope(warp, -0.5)}`);
    }
  });

  test('takes infinite losses for the extreme finite ones, and equal ones', () => {
    const warp = new OutputWarp(Float64Array.of(1, 2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY));
    assert.equal(warp.apply(Number.POSITIVE_INFINITY), warp.apply(3));
    assert.equal(warp.apply(Number.NEGATIVE_INFINITY), warp.apply(1));
    for (const losses of [Float64Array.of(4, 4, 4), Float64Array.of(Number.POSITIVE_INFINITY), Float64Array.of(-7)]) {
      assert.equal(new OutputWarp(losses).apply(losses[0] as number), 0);
    }
  });

  test('Yeo–Johnson is the identity at λ = 1 and continuous in λ at 0 and 2', () => {
    for (const y of [-5, -0.3, 0, 0.4, 12]) {
      near(yeoJohnson(y, 1) + 100, y + 100, 1e-12);
      for (const lambda of [0, 2]) near(yeoJohnson(y, lambda) + 100, yeoJohnson(y, lambda + 1e-9) + 100, 1e-6);
    }
  });
});
