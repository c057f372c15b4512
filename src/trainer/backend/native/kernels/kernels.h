/**
 * The kernels that operations.cc gives to TensorFlow. Each works on a part of its rows, so that threads can share them, and
 * what it writes depends on no other part. Matrices are row by row without gaps; sizes are elements.
 */
#ifndef TUNEBOARD_KERNELS_H_
#define TUNEBOARD_KERNELS_H_

#include <cstdint>

/** A dropout mask, a function of its place and of the element's number (src/trainer/ops/dropout.ts): 16 bits below `limit` drop. */
struct Mask {
  int32_t seed;
  int32_t step;
  int32_t place;
  /** 0: nothing is dropped. */
  int32_t limit;
  /** The factor of what is kept. */
  float kept;
};

/** What several builds share must not be left as a function of its own: the linker would keep that of any one build. */
#define TUNEBOARD_INLINE __attribute__((always_inline)) inline

/** The smallest number of elements that kernels take as a whole, and what scratch memory is rounded up to. */
constexpr int64_t WIDEST = 16;

TUNEBOARD_INLINE int64_t padded(int64_t count) { return (count + WIDEST - 1) / WIDEST * WIDEST; }

struct Attention {
  int64_t texts;
  int64_t heads;
  /** Queries of a text. */
  int64_t queries;
  /** Keys and values of a text. */
  int64_t length;
  /** Columns of a head. */
  int64_t part;

  TUNEBOARD_INLINE int64_t width() const { return heads * part; }
  /** Numbers of all queries, and of all keys or values. */
  TUNEBOARD_INLINE int64_t queryCount() const { return texts * queries * width(); }
  TUNEBOARD_INLINE int64_t keyCount() const { return texts * length * width(); }
  /** Probabilities of a head of a text, rows of which are `padded(length)` apart. */
  TUNEBOARD_INLINE int64_t block() const { return queries * padded(length); }
  /** Floats of scratch memory. */
  TUNEBOARD_INLINE int64_t scratch() const {
    return 2 * block() + (padded(part) + 1) * padded(length) + 3 * padded(part) * (queries + length) +
           padded(length) + 8 * WIDEST;
  }
};

struct Kernels {
  /** Adds the bias [width] to each row, in place. */
  void (*addBias)(float* x, const float* bias, int64_t rows, int64_t width);
  void (*gelu)(const float* x, float* y, int64_t count);
  void (*geluGradient)(const float* dy, const float* x, float* dx, int64_t count);
  /** Of elements number `start` on, a multiple of 4; pointers are to that one. Scratch: 1024 + 8 · WIDEST floats. */
  void (*drop)(const Mask&, const float* x, float* y, int64_t start, int64_t count, float* scratch);
  /**
   * Rows number `first` on; pointers are to that one. y = scale · (s − mean) / √(variance + ε) + shift with
   * s = drop(x) + residual, which goes to `sum`; without a residual s is x. Scratch: width + 8 · WIDEST floats.
   */
  void (*norm)(const Mask&, const float* x, const float* residual, const float* scale, const float* shift, float* y,
               float* sum, int64_t first, int64_t rows, int64_t width, float epsilon, float* scratch);
  /** The slopes of `sum`, of x where a mask drops, and, added to what is there, those of scale and shift. */
  void (*normGradient)(const Mask&, const float* dy, const float* sum, const float* scale, float* dSum, float* dx,
                       float* dScale, float* dShift, int64_t first, int64_t rows, int64_t width, float epsilon,
                       float* scratch);
  /** Heads number `first` to before `last`, of all heads of all texts; pointers are to the whole. */
  void (*attention)(const Mask&, const Attention&, const float* query, const float* key, const float* value,
                    const float* bias, float* context, float* probabilities, int64_t first, int64_t last,
                    float* scratch);
  void (*attentionGradient)(const Mask&, const Attention&, const float* dContext, const float* query, const float* key,
                            const float* value, const float* probabilities, float* dQuery, float* dKey, float* dValue,
                            int64_t first, int64_t last, float* scratch);
};

/** For the processor that this runs on. */
const Kernels& kernelsHere();

#endif  // TUNEBOARD_KERNELS_H_
