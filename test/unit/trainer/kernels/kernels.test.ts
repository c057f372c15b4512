/** Each kernel of both builds against plain JavaScript, for sizes that are no multiple of anything. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  close,
  KernelHeap,
  maskOf,
  normalDistribution,
  normOf,
  product,
  slopeAt,
} from '../../../support/kernelHeap.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

const SIZES = [1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 64, 101];
const size = fc.constantFrom(...SIZES);

for (const file of ['simd', 'relaxed'] as const) {
  describe(`the ${file} build`, () => {
    let heap: KernelHeap;
    before(async () => {
      await prepareKernels();
      heap = new KernelHeap(file);
    });

    test('multiplies matrices, turned or not, with a bias, added or not', () => {
      fc.assert(
        fc.property(
          size,
          size,
          size,
          fc.boolean(),
          fc.boolean(),
          fc.boolean(),
          fc.boolean(),
          (m, n, k, ta, tb, hasBias, adds) => {
            const [a, b, c, bias] = [heap.put(m * k), heap.put(k * n), heap.put(m * n), heap.put(n)];
            const [left, right] = [heap.copy(a, m * k), heap.copy(b, k * n)];
            const [before, added] = [heap.copy(c, m * n), heap.copy(bias, n)];
            const [aRow, aColumn] = ta ? [1, m] : [k, 1];
            const [bRow, bColumn] = tb ? [1, k] : [n, 1];
            heap.kernels.gemm(
              ...([a, aRow, aColumn, b, bRow, bColumn, c, n] as const),
              m,
              n,
              k,
              hasBias ? bias : 0,
              adds,
            );
            const expected = product(
              ...([m, n, k] as const),
              (row, column) => left[row * aRow + column * aColumn] as number,
              (row, column) => right[row * bRow + column * bColumn] as number,
            ).map(
              (value, index) =>
                value + (adds ? (before[index] as number) : 0) + (hasBias ? (added[index % n] as number) : 0),
            );
            close(heap.copy(c, m * n), expected, 1e-5, 'c');
            heap.clear();
          },
        ),
        { numRuns: 60, seed: 1 },
      );
    });

    test('multiplies matrices larger than its blocks, and leaves what lies between rows', () => {
      const [m, n, k, row] = [101, 1033, 397, 1040];
      const [a, b, c] = [heap.put(m * k), heap.put(k * n), heap.put(m * row, new Float32Array(m * row).fill(7))];
      heap.kernels.gemm(...([a, k, 1, b, n, 1, c, row] as const), m, n, k, 0, false);
      const [left, right, result] = [heap.copy(a, m * k), heap.copy(b, k * n), heap.copy(c, m * row)];
      for (const [i, j] of [
        [0, 0],
        [95, 1023],
        [96, 1024],
        [100, 1032],
        [50, 777],
      ] as const) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += (left[i * k + p] as number) * (right[p * n + j] as number);
        close([result[i * row + j] as number], [sum], 1e-4, `c(${i}, ${j})`);
      }
      for (let i = 0; i < m; i++)
        assert.ok(
          result.subarray(i * row + n, (i + 1) * row).every((value) => value === 7),
          'between rows',
        );
      heap.clear();
    });

    test('takes GELU and its slope', () => {
      const values = Float32Array.from({ length: 203 }, (_, index) => (index - 101) / 12);
      const [x, dy, y, dx] = [heap.put(203, values), heap.put(203), heap.put(203), heap.put(203)];
      heap.kernels.gelu(x, y, 203);
      heap.kernels.geluGradient(dy, x, dx, 203);
      const slopes = heap.copy(dy, 203);
      close(
        heap.copy(y, 203),
        values.map((value) => value * normalDistribution(value)),
        1e-6,
        'gelu',
      );
      const density = (value: number) => Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
      const expected = values.map(
        (value, index) => (slopes[index] as number) * (normalDistribution(value) + value * density(value)),
      );
      close(heap.copy(dx, 203), expected, 2e-6, 'its slope');
      heap.clear();
    });

    test('normalises sums, and takes the slopes that finite differences have', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(1, 2, 3, 7),
          fc.constantFrom(2, 3, 5, 8, 17, 64, 101),
          fc.boolean(),
          fc.boolean(),
          (rows, width, hasResidual, masks) => {
            const count = rows * width;
            const [x, residual] = [heap.put(count), heap.put(count)];
            const [scale, shift] = [heap.put(width), heap.put(width)];
            const [y, sum, scratch] = [heap.put(count), heap.put(count), heap.put(width + 32)];
            const limit = hasResidual && masks ? 20_000 : 0;
            heap.kernels.setMask(3, 4, 5, limit, 1.5);
            heap.kernels.norm(x, hasResidual ? residual : 0, scale, shift, y, sum, rows, width, 1e-5, scratch);
            const factors = limit > 0 ? maskOf(3, 4, 5, limit, 1.5, count) : new Float32Array(count).fill(1);
            const [given, added] = [heap.copy(x, count), heap.copy(residual, count)];
            const sums = given.map((value, index) =>
              hasResidual ? value * (factors[index] as number) + (added[index] as number) : value,
            );
            const [by, plus] = [heap.copy(scale, width), heap.copy(shift, width)];
            const expected = normOf(Float64Array.from(sums), by, plus, 1e-5);
            close(heap.copy(y, count), expected, 2e-5, 'y');
            if (hasResidual) close(heap.copy(sum, count), sums, 1e-6, 'sum');

            const dy = heap.put(count);
            const [dSum, dx] = [heap.put(count), heap.put(count)];
            const [dScale, dShift] = [
              heap.put(width, new Float32Array(width)),
              heap.put(width, new Float32Array(width)),
            ];
            const from = hasResidual ? sum : x;
            heap.kernels.normGradient(
              dy,
              from,
              scale,
              dSum,
              limit > 0 ? dx : 0,
              dScale,
              dShift,
              rows,
              width,
              1e-5,
              scratch,
            );
            const slopes = heap.copy(dy, count);
            const along = (moved: Float64Array, factor = by, offset = plus) =>
              normOf(moved, factor, offset, 1e-5).reduce(
                (total, value, index) => total + value * (slopes[index] as number),
                0,
              );
            const start = Float64Array.from(sums);
            const differences = start.map((_, index) =>
              slopeAt((shiftBy) => along(start.map((value, at) => (at === index ? value + shiftBy : value)))),
            );
            close(heap.copy(dSum, count), differences, 3e-3, 'dSum');
            if (limit > 0) {
              const masked = heap.copy(dSum, count).map((value, index) => value * (factors[index] as number));
              close(heap.copy(dx, count), masked, 1e-6, 'dx');
            }
            const dScales = Float64Array.from(by, (_, index) =>
              slopeAt((s) =>
                along(
                  start,
                  by.map((value, at) => (at === index ? value + s : value)),
                ),
              ),
            );
            close(heap.copy(dScale, width), dScales, 3e-2, 'dScale');
            const dShifts = Float64Array.from({ length: width }, (_, column) => {
              let total = 0;
              for (let row = 0; row < rows; row++) total += slopes[row * width + column] as number;
              return total;
            });
            close(heap.copy(dShift, width), dShifts, 1e-5, 'dShift');
            heap.clear();
          },
        ),
        { numRuns: 30, seed: 2 },
      );
    });

    test('sums columns, segments and squares, adds and scales', () => {
      fc.assert(
        fc.property(size, size, fc.constantFrom(1, 3, 10), (rows, width, segments) => {
          const [x, other, sums] = [heap.put(rows * width), heap.put(rows * width), heap.put(width)];
          const values = heap.copy(x, rows * width);
          heap.kernels.columnSums(x, sums, rows, width);
          const columns = new Float64Array(width);
          for (const [index, value] of values.entries())
            columns[index % width] = (columns[index % width] as number) + value;
          close(heap.copy(sums, width), columns, 1e-5, 'columns');

          // Ids outside are left out: the last is one too many, the first −1.
          const ids = Int32Array.from({ length: rows }, (_, row) => ((row * 7) % (segments + 1)) - (row === 0 ? 1 : 0));
          const idsAt = heap.put(rows, new Float32Array(ids.buffer));
          const bySegment = heap.put(segments * width);
          heap.kernels.segmentSums(x, idsAt, bySegment, rows, width, segments);
          const expected = new Float64Array(segments * width);
          for (const [index, value] of values.entries()) {
            const id = ids[Math.floor(index / width)] as number;
            if (id >= 0 && id < segments)
              expected[id * width + (index % width)] = (expected[id * width + (index % width)] as number) + value;
          }
          close(heap.copy(bySegment, segments * width), expected, 1e-5, 'segments');

          const squares = values.reduce((total, value) => total + value * value, 0);
          close([heap.kernels.sumOfSquares(x, rows * width)], [squares], 1e-12, 'squares');
          const more = heap.copy(other, rows * width);
          heap.kernels.add(x, other, other, rows * width);
          close(
            heap.copy(other, rows * width),
            values.map((value, index) => value + (more[index] as number)),
            1e-7,
            'sum',
          );
          heap.kernels.scaleBy(x, rows * width, 0.3);
          close(
            heap.copy(x, rows * width),
            values.map((value) => value * 0.3),
            1e-6,
            'scaled',
          );
          heap.clear();
        }),
        { numRuns: 30, seed: 3 },
      );
    });

    test('draws the masks of core/random.ts from anywhere on', () => {
      fc.assert(
        fc.property(fc.nat(200), size, fc.nat(65_535), fc.integer(), (start, count, limit, seed) => {
          const scratch = heap.put(count + 32);
          heap.kernels.setMask(seed | 0, 9, 2, limit, 1.25);
          const at = heap.kernels.fillMask(start, count, scratch);
          const expected = maskOf(seed | 0, 9, 2, limit, 1.25, start + count).subarray(start);
          assert.deepEqual(heap.copy(at, count), expected);
          const [x, y, room] = [heap.put(count), heap.put(count), heap.put(heap.kernels.dropScratchBytes() / 4)];
          heap.kernels.drop(x, y, count, room);
          const factors = maskOf(seed | 0, 9, 2, limit, 1.25, count);
          close(
            heap.copy(y, count),
            heap.copy(x, count).map((value, index) => value * (factors[index] as number)),
            1e-7,
            'dropped',
          );
          heap.clear();
        }),
        { numRuns: 40, seed: 4 },
      );
      const [x, y, room] = [heap.put(3001), heap.put(3001), heap.put(heap.kernels.dropScratchBytes() / 4)];
      heap.kernels.setMask(1, 2, 3, 30_000, 2);
      heap.kernels.drop(x, y, 3001, room);
      const factors = maskOf(1, 2, 3, 30_000, 2, 3001);
      close(
        heap.copy(y, 3001),
        heap.copy(x, 3001).map((value, index) => value * (factors[index] as number)),
        1e-7,
        'long',
      );
      heap.clear();
    });

    test('works above 2 GB', () => {
      const high = new KernelHeap(file, 2 ** 31 + 4096, 60);
      const [m, n, k] = [7, 9, 5];
      const [a, b, c] = [high.put(m * k), high.put(k * n), high.put(m * n)];
      high.kernels.gemm(...([a, k, 1, b, n, 1, c, n] as const), m, n, k, 0, false);
      const [left, right] = [high.copy(a, m * k), high.copy(b, k * n)];
      const entry = (values: Float32Array, width: number) => (row: number, column: number) =>
        values[row * width + column] as number;
      close(high.copy(c, m * n), product(m, n, k, entry(left, k), entry(right, n)), 1e-5, 'c');
      const scratch = high.put(64);
      high.kernels.setMask(1, 2, 3, 30_000, 2);
      const at = high.kernels.fillMask(5, 20, scratch);
      assert.deepEqual(high.copy(at, 20), maskOf(1, 2, 3, 30_000, 2, 25).subarray(5));
      high.kernels.gelu(a, c, m * k);
      close(
        high.copy(c, m * k),
        left.map((value) => value * normalDistribution(value)),
        1e-6,
        'gelu',
      );
      high.clear();
    });
  });
}
