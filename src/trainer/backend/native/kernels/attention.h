/**
 * Scaled dot-product attention in heads (Vaswani et al. 2017). Queries are [texts · queries, width], keys and values
 * [texts · length, width], each head a stripe of `part` columns; probabilities, from before dropout, are kept for the
 * gradient in rows of `padded(length)`.
 */
#ifndef TUNEBOARD_ATTENTION_H_
#define TUNEBOARD_ATTENTION_H_

#include "mask.h"
#include "matrix.h"

namespace {

/** The stripe in rows of whole vectors: as it lies where its columns fill them, else a copy with zeros in `room`. */
inline Right wholeRows(const float* from, int64_t width, int64_t rows, int64_t part, float* room) {
  if (part % LANES == 0) return {from, width};
  const int64_t step = padded(part);
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t at = 0; at < step; at++) room[row * step + at] = at < part ? from[row * width + at] : 0;
  }
  return {room, step};
}

/** The stripe turned: [part, padded(length)], with zeros behind the last. */
inline Right turned(const float* from, int64_t width, int64_t rows, int64_t part, float* room) {
  const int64_t step = padded(rows);
  for (int64_t at = 0; at < part; at++) {
    for (int64_t row = 0; row < rows; row++) room[at * step + row] = from[row * width + at];
    for (int64_t row = rows; row < step; row++) room[at * step + row] = 0;
  }
  return {room, step};
}

/** a · b into a stripe, over `room` where its columns do not fill vectors. */
inline void multiplyInto(Left a, Right b, float* to, int64_t width, int64_t rows, int64_t part, int64_t depth,
                         float* room) {
  if (part % LANES == 0) {
    multiply(a, b, {to, width}, rows, part, depth);
    return;
  }
  const int64_t step = padded(part);
  multiply(a, b, {room, step}, rows, step, depth);
  for (int64_t row = 0; row < rows; row++) std::memcpy(to + row * width, room + row * step, part * sizeof(float));
}

/** Scores of whole vectors become probabilities; those behind the last have a bias of −∞. */
inline void softmaxRow(float* row, const float* bias, int64_t step, float factor) {
  Floats tops = splat(-INFINITY);
  for (int64_t at = 0; at < step; at += LANES) {
    const Floats score = load(row + at) * factor + load(bias + at);
    tops = larger(tops, score);
    store(row + at, score);
  }
  const float top = highestOf(tops);
  Floats sums{};
  for (int64_t at = 0; at < step; at += LANES) {
    const Floats power = exponential(load(row + at) - top);
    sums += power;
    store(row + at, power);
  }
  const float factorOfAll = 1 / sumOf(sums);
  for (int64_t at = 0; at < step; at += LANES) store(row + at, load(row + at) * factorOfAll);
}

/** The slopes of a row's probabilities become those of its scores before `factor`. */
inline void softmaxSlopeRow(float* slopes, const float* probabilities, int64_t step, float factor) {
  Floats sums{};
  for (int64_t at = 0; at < step; at += LANES) sums += load(slopes + at) * load(probabilities + at);
  const float along = sumOf(sums);
  for (int64_t at = 0; at < step; at += LANES) {
    store(slopes + at, load(probabilities + at) * (load(slopes + at) - along) * factor);
  }
}

void attention(const Mask& mask, const Attention& of, const float* query, const float* key, const float* value,
               const float* bias, float* context, float* probabilities, int64_t first, int64_t last, float* scratch) {
  const int64_t width = of.width(), step = padded(of.length);
  const float factor = 1 / __builtin_sqrtf(of.part);
  float* turnedKeys = scratch;
  float* added = turnedKeys + of.part * step;
  float* dropped = added + step;
  float* factors = dropped + of.block();
  float* room = factors + step + 8 * WIDEST;
  float* moreRoom = room + padded(of.part) * of.length;
  for (int64_t number = first; number < last; number++) {
    const int64_t text = number / of.heads;
    const int64_t own = number % of.heads * of.part;
    const int64_t q = text * of.queries * width + own, kv = text * of.length * width + own;
    float* weights = probabilities + number * of.block();
    for (int64_t at = 0; at < step; at++) added[at] = at < of.length ? bias[text * of.length + at] : -INFINITY;
    const Right keys = turned(key + kv, width, of.length, of.part, turnedKeys);
    multiply({query + q, width, 1}, keys, {weights, step}, of.queries, step, of.part);
    for (int64_t row = 0; row < of.queries; row++) softmaxRow(weights + row * step, added, step, factor);
    if (mask.limit != 0) {
      for (int64_t row = 0; row < of.queries; row++) {
        const float* by = fillMask(mask, (number * of.queries + row) * of.length, of.length, factors);
        for (int64_t at = 0; at < step; at += LANES) {
          store(dropped + row * step + at, load(weights + row * step + at) * load(by + at));
        }
      }
      weights = dropped;
    }
    const Right values = wholeRows(value + kv, width, of.length, of.part, room);
    multiplyInto({weights, step, 1}, values, context + q, width, of.queries, of.part, of.length, moreRoom);
  }
}

void attentionGradient(const Mask& mask, const Attention& of, const float* dContext, const float* query,
                       const float* key, const float* value, const float* probabilities, float* dQuery, float* dKey,
                       float* dValue, int64_t first, int64_t last, float* scratch) {
  const int64_t width = of.width(), step = padded(of.length);
  const float factor = 1 / __builtin_sqrtf(of.part);
  float* turnedValues = scratch;
  float* slopes = turnedValues + of.part * step;
  float* dropped = slopes + of.block();
  float* factors = dropped + of.block();
  float* room = factors + step + 8 * WIDEST;
  float* moreRoom = room + padded(of.part) * (of.queries + of.length);
  for (int64_t number = first; number < last; number++) {
    const int64_t text = number / of.heads;
    const int64_t own = number % of.heads * of.part;
    const int64_t q = text * of.queries * width + own, kv = text * of.length * width + own;
    const float* all = probabilities + number * of.block();
    const Right values = turned(value + kv, width, of.length, of.part, turnedValues);
    multiply({dContext + q, width, 1}, values, {slopes, step}, of.queries, step, of.part);
    const float* weights = all;
    if (mask.limit != 0) {
      for (int64_t row = 0; row < of.queries; row++) {
        const float* by = fillMask(mask, (number * of.queries + row) * of.length, of.length, factors);
        for (int64_t at = row * step; at < (row + 1) * step; at += LANES) {
          const Floats some = load(by + at - row * step);
          store(dropped + at, load(all + at) * some);
          store(slopes + at, load(slopes + at) * some);
        }
      }
      weights = dropped;
    }
    const Right dContexts = wholeRows(dContext + q, width, of.queries, of.part, room);
    multiplyInto({weights, 1, step}, dContexts, dValue + kv, width, of.length, of.part, of.queries, moreRoom);
    for (int64_t row = 0; row < of.queries; row++) {
      softmaxSlopeRow(slopes + row * step, all + row * step, step, factor);
    }
    const Right keys = wholeRows(key + kv, width, of.length, of.part, room);
    multiplyInto({slopes, step, 1}, keys, dQuery + q, width, of.queries, of.part, of.length, moreRoom);
    const Right queries = wholeRows(query + q, width, of.queries, of.part, room);
    multiplyInto({slopes, 1, step}, queries, dKey + kv, width, of.length, of.part, of.queries, moreRoom);
  }
}

}  // namespace

#endif  // TUNEBOARD_ATTENTION_H_
