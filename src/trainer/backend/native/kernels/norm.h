/** Layer normalisation (Ba, Kiros, Hinton 2016) of a sum. */
#ifndef TUNEBOARD_NORM_H_
#define TUNEBOARD_NORM_H_

#include "mask.h"

namespace {

struct Measure {
  float mean;
  /** 1 / √(variance + ε). */
  float inverse;
};

inline Measure measure(const float* row, int64_t width, float epsilon) {
  Floats sums{};
  for (int64_t at = 0; at < width; at += LANES) sums += loadUpTo(row + at, width - at);
  const float mean = sumOf(sums) / width;
  Floats squares{};
  int64_t at = 0;
  for (; at + LANES <= width; at += LANES) {
    const Floats off = load(row + at) - mean;
    squares += off * off;
  }
  float square = sumOf(squares);
  for (; at < width; at++) square += (row[at] - mean) * (row[at] - mean);
  return {mean, 1 / __builtin_sqrtf(square / width + epsilon)};
}

void norm(const Mask& mask, const float* x, const float* residual, const float* scale, const float* shift, float* y,
          float* sum, int64_t first, int64_t rows, int64_t width, float epsilon, float* scratch) {
  for (int64_t row = 0; row < rows; row++, x += width, y += width) {
    const float* from = x;
    if (residual) {
      const float* factors = mask.limit == 0 ? nullptr : fillMask(mask, (first + row) * width, width, scratch);
      for (int64_t at = 0; at < width; at += LANES) {
        const int64_t left = width - at;
        const Floats value = factors ? loadUpTo(x + at, left) * load(factors + at) : loadUpTo(x + at, left);
        storeUpTo(sum + at, value + loadUpTo(residual + at, left), left);
      }
      from = sum;
      sum += width;
      residual += width;
    }
    const Measure by = measure(from, width, epsilon);
    for (int64_t at = 0; at < width; at += LANES) {
      const int64_t left = width - at;
      const Floats normal = (loadUpTo(from + at, left) - by.mean) * by.inverse;
      storeUpTo(y + at, normal * loadUpTo(scale + at, left) + loadUpTo(shift + at, left), left);
    }
  }
}

void normGradient(const Mask& mask, const float* dy, const float* sum, const float* scale, float* dSum, float* dx,
                  float* dScale, float* dShift, int64_t first, int64_t rows, int64_t width, float epsilon,
                  float* scratch) {
  for (int64_t row = 0; row < rows; row++, dy += width, sum += width, dSum += width) {
    const Measure by = measure(sum, width, epsilon);
    Floats all{}, along{};
    for (int64_t at = 0; at < width; at += LANES) {
      const int64_t left = width - at;
      const Floats slope = loadUpTo(dy + at, left);
      const Floats normal = (loadUpTo(sum + at, left) - by.mean) * by.inverse;
      const Floats scaled = slope * loadUpTo(scale + at, left);
      all += scaled;
      along += scaled * normal;
      storeUpTo(dScale + at, loadUpTo(dScale + at, left) + slope * normal, left);
      storeUpTo(dShift + at, loadUpTo(dShift + at, left) + slope, left);
    }
    const float level = sumOf(all) / width;
    const float tilt = sumOf(along) / width;
    const float* factors = dx ? fillMask(mask, (first + row) * width, width, scratch) : nullptr;
    for (int64_t at = 0; at < width; at += LANES) {
      const int64_t left = width - at;
      const Floats normal = (loadUpTo(sum + at, left) - by.mean) * by.inverse;
      const Floats scaled = loadUpTo(dy + at, left) * loadUpTo(scale + at, left);
      const Floats slope = (scaled - level - normal * tilt) * by.inverse;
      storeUpTo(dSum + at, slope, left);
      if (dx) storeUpTo(dx + at, slope * load(factors + at), left);
    }
    if (dx) dx += width;
  }
}

}  // namespace

#endif  // TUNEBOARD_NORM_H_
