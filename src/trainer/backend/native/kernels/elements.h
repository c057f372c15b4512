/** Kernels that take each element, or each row, by itself. */
#ifndef TUNEBOARD_ELEMENTS_H_
#define TUNEBOARD_ELEMENTS_H_

#include "mask.h"

namespace {

void addBias(float* x, const float* bias, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width) {
    for (int64_t at = 0; at < width; at += LANES) {
      const int64_t left = width - at;
      storeUpTo(x + at, loadUpTo(x + at, left) + loadUpTo(bias + at, left), left);
    }
  }
}

/** e^(−x²/2), which is in the density and in the distribution of the normal numbers. */
inline Floats bell(Floats x) { return exponential(x * x * -0.5f); }

/**
 * The distribution of the normal numbers, given their bell: the error function of Abramowitz and Stegun, "Handbook of
 * Mathematical Functions" (1964), 7.1.26, at most 1.5e-7 off.
 */
inline Floats distribution(Floats x, Floats peak) {
  const Floats t = 1.0f / ((x < 0.0f ? -x : x) * (0.3275911f * 0.70710678f) + 1.0f);
  Floats sum = t * 1.061405429f - 1.453152027f;
  sum = sum * t + 1.421413741f;
  sum = sum * t - 0.284496736f;
  sum = sum * t + 0.254829592f;
  const Floats tail = sum * t * peak * 0.5f;
  return x >= 0.0f ? 1.0f - tail : tail;
}

/** Hendrycks and Gimpel's GELU, x · Φ(x). */
void gelu(const float* x, float* y, int64_t count) {
  for (int64_t at = 0; at < count; at += LANES) {
    const Floats from = loadUpTo(x + at, count - at);
    storeUpTo(y + at, from * distribution(from, bell(from)), count - at);
  }
}

void geluGradient(const float* dy, const float* x, float* dx, int64_t count) {
  const float density = 0.3989422804014327f;
  for (int64_t at = 0; at < count; at += LANES) {
    const Floats from = loadUpTo(x + at, count - at);
    const Floats peak = bell(from);
    const Floats slope = from * density * peak + distribution(from, peak);
    storeUpTo(dx + at, loadUpTo(dy + at, count - at) * slope, count - at);
  }
}

void drop(const Mask& mask, const float* x, float* y, int64_t start, int64_t count, float* scratch) {
  const int64_t chunk = 1024;
  for (int64_t done = 0; done < count; done += chunk) {
    const int64_t some = count - done < chunk ? count - done : chunk;
    const float* factors = fillMask(mask, start + done, some, scratch);
    for (int64_t at = done; at < done + some; at += LANES) {
      const int64_t left = done + some - at;
      storeUpTo(y + at, loadUpTo(x + at, left) * load(factors + at - done), left);
    }
  }
}

}  // namespace

#endif  // TUNEBOARD_ELEMENTS_H_
