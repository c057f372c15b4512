/**
 * Vectors of `LANES` floats in the language that GCC and Clang share: 16 with AVX-512, 8 with AVX2, 4 elsewhere. Each build
 * of kernels.cc has its own, so everything here is local to it.
 */
#ifndef TUNEBOARD_VECTORS_H_
#define TUNEBOARD_VECTORS_H_

#include <cmath>
#include <cstdint>
#include <cstring>

#ifndef LANES
#define LANES 4
#endif

namespace {

typedef float Floats __attribute__((vector_size(LANES * 4)));
typedef int32_t Ints __attribute__((vector_size(LANES * 4)));
typedef uint32_t Words __attribute__((vector_size(LANES * 4)));
typedef uint16_t Halves __attribute__((vector_size(LANES * 2)));

inline Floats splat(float value) { return Floats{} + value; }

inline Floats load(const float* from) {
  Floats some;
  std::memcpy(&some, from, sizeof some);
  return some;
}

inline void store(float* to, Floats some) { std::memcpy(to, &some, sizeof some); }

/** The first `count` of a vector, the rest 0. */
inline Floats loadSome(const float* from, int64_t count) {
  float some[LANES] = {};
  for (int64_t at = 0; at < count; at++) some[at] = from[at];
  return load(some);
}

inline void storeSome(float* to, Floats some, int64_t count) {
  float all[LANES];
  store(all, some);
  for (int64_t at = 0; at < count; at++) to[at] = all[at];
}

/** Whole where at least LANES are left. */
inline Floats loadUpTo(const float* from, int64_t left) { return left >= LANES ? load(from) : loadSome(from, left); }

inline void storeUpTo(float* to, Floats some, int64_t left) {
  if (left >= LANES) store(to, some);
  else storeSome(to, some, left);
}

inline float sumOf(Floats some) {
  float all[LANES];
  store(all, some);
  for (int half = LANES / 2; half > 0; half /= 2) {
    for (int at = 0; at < half; at++) all[at] += all[at + half];
  }
  return all[0];
}

inline float highestOf(Floats some) {
  float all[LANES];
  store(all, some);
  float highest = all[0];
  for (int at = 1; at < LANES; at++) highest = all[at] > highest ? all[at] : highest;
  return highest;
}

/** No number stays none. */
inline Floats larger(Floats a, Floats b) { return b > a ? b : a; }

/**
 * e^x to about 1e-7 of it: 2^n times the Taylor polynomial of the rest, |rest| ≤ ln 2 / 2, with ln 2 in two parts of which
 * the first has few bits (Cody and Waite 1980). Below −87 and above 88 it is cut; no number stays none.
 */
inline Floats exponential(Floats x) {
  // Adding and taking away 1.5 · 2²³ rounds to a whole number.
  const float rounder = 12582912.0f;
  Floats cut = x > splat(88.0f) ? splat(88.0f) : x;
  cut = cut < splat(-87.0f) ? splat(-87.0f) : cut;
  const Floats n = (cut * 1.44269504f + rounder) - rounder;
  const Floats rest = (cut - n * 0.693359375f) - n * -2.1219444005469057e-4f;
  Floats sum = rest * (1.0f / 5040) + 1.0f / 720;
  sum = sum * rest + 1.0f / 120;
  sum = sum * rest + 1.0f / 24;
  sum = sum * rest + 1.0f / 6;
  sum = sum * rest + 0.5f;
  sum = sum * rest + 1.0f;
  sum = sum * rest + 1.0f;
  const Ints power = (__builtin_convertvector(n, Ints) + 127) << 23;
  Floats scale;
  std::memcpy(&scale, &power, sizeof scale);
  return sum * scale;
}

}  // namespace

#endif  // TUNEBOARD_VECTORS_H_
