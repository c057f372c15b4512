/**
 * Products of the small matrices of attention: the right factor and the sums of a tile stay in registers while the left
 * factor is read one number at a time. Nothing is packed: one head's matrices fit into the caches.
 */
#ifndef TUNEBOARD_MATRIX_H_
#define TUNEBOARD_MATRIX_H_

#include "vectors.h"

namespace {

/** A matrix that may be turned: steps to the next row and the next column. */
struct Left {
  const float* at;
  int64_t row;
  int64_t column;
};

/** Rows of whole vectors. */
struct Right {
  const float* at;
  int64_t row;
};

struct Result {
  float* at;
  int64_t row;
};

template <int ROWS, int VECTORS>
inline void multiplyTile(Left a, Right b, Result c, int64_t depth) {
  Floats sums[ROWS][VECTORS] = {};
  for (int64_t inner = 0; inner < depth; inner++) {
    Floats right[VECTORS];
#pragma GCC unroll 4
    for (int at = 0; at < VECTORS; at++) right[at] = load(b.at + inner * b.row + at * LANES);
#pragma GCC unroll 8
    for (int row = 0; row < ROWS; row++) {
      const Floats left = splat(a.at[row * a.row + inner * a.column]);
#pragma GCC unroll 4
      for (int at = 0; at < VECTORS; at++) sums[row][at] += left * right[at];
    }
  }
#pragma GCC unroll 8
  for (int row = 0; row < ROWS; row++) {
#pragma GCC unroll 4
    for (int at = 0; at < VECTORS; at++) store(c.at + row * c.row + at * LANES, sums[row][at]);
  }
}

#if LANES == 16
constexpr int TILE_ROWS = 8;
#else
constexpr int TILE_ROWS = 4;
#endif

template <int VECTORS>
inline void multiplyColumns(Left a, Right b, Result c, int64_t m, int64_t depth) {
  int64_t row = 0;
  const auto tile = [&](auto rows) {
    constexpr int ROWS = decltype(rows)::value;
    for (; row + ROWS <= m; row += ROWS) {
      multiplyTile<ROWS, VECTORS>({a.at + row * a.row, a.row, a.column}, b, {c.at + row * c.row, c.row}, depth);
    }
  };
  tile(std::integral_constant<int, TILE_ROWS>{});
  tile(std::integral_constant<int, 2>{});
  tile(std::integral_constant<int, 1>{});
}

/** c [m, n] = a [m, depth] · b [depth, n]; n a multiple of LANES. */
inline void multiply(Left a, Right b, Result c, int64_t m, int64_t n, int64_t depth) {
  int64_t column = 0;
  for (; column + 2 * LANES <= n; column += 2 * LANES) {
    multiplyColumns<2>(a, {b.at + column, b.row}, {c.at + column, c.row}, m, depth);
  }
  if (column < n) multiplyColumns<1>(a, {b.at + column, b.row}, {c.at + column, c.row}, m, depth);
}

}  // namespace

#endif  // TUNEBOARD_MATRIX_H_
