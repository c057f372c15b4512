/**
 * The masks of core/random.ts's Threefry-2×32 with 20 rounds (Salmon, Moraes, Dror, Shaw, SC 2011): each block of two words
 * gives the 16 bits of four elements. A mask is made anew wherever it is needed and never kept.
 */
#ifndef TUNEBOARD_MASK_H_
#define TUNEBOARD_MASK_H_

#include "kernels.h"
#include "vectors.h"

namespace {

template <int BY>
inline void mix(Words& a, Words& b) {
  a += b;
  b = ((b << BY) | (b >> (32 - BY))) ^ a;
}

inline void oddRounds(Words& a, Words& b) {
  mix<13>(a, b);
  mix<15>(a, b);
  mix<26>(a, b);
  mix<6>(a, b);
}

inline void evenRounds(Words& a, Words& b) {
  mix<17>(a, b);
  mix<29>(a, b);
  mix<16>(a, b);
  mix<24>(a, b);
}

/** The factors of 4 · LANES elements from number `start` on, a multiple of 4. */
inline void fillGroup(const Mask& mask, uint32_t start, float* to) {
  const uint32_t k0 = mask.seed;
  const uint32_t k1 = mask.step;
  const uint32_t k2 = 0x1bd11bda ^ k0 ^ k1;
  Words a;
  for (int lane = 0; lane < LANES; lane++) a[lane] = 4 * lane;
  a += start + k0;
  Words b = Words{} + (static_cast<uint32_t>(mask.place) + k1);
  oddRounds(a, b);
  a += k1;
  b += k2 + 1;
  evenRounds(a, b);
  a += k2;
  b += k0 + 2;
  oddRounds(a, b);
  a += k0;
  b += k1 + 3;
  evenRounds(a, b);
  a += k1;
  b += k2 + 4;
  oddRounds(a, b);
  a += k2;
  b += k0 + 5;
  Words low, high;
  for (int lane = 0; lane < LANES; lane++) {
    low[lane] = lane % 2 == 0 ? a[lane / 2] : b[lane / 2];
    high[lane] = lane % 2 == 0 ? a[(LANES + lane) / 2] : b[(LANES + lane) / 2];
  }
  const Floats kept = splat(mask.kept);
  const Ints limit = Ints{} + mask.limit;
  for (int part = 0; part < 4; part++) {
    Halves bits;
    std::memcpy(&bits, reinterpret_cast<const char*>(part < 2 ? &low : &high) + part % 2 * sizeof bits, sizeof bits);
    store(to + part * LANES, __builtin_convertvector(bits, Ints) >= limit ? kept : Floats{});
  }
}

/**
 * Writes the factors of the elements from number `start` on to scratch memory, with room for `count` + 8 · WIDEST, and
 * returns where that of `start` lies. A vector behind the last one are numbers too.
 */
inline const float* fillMask(const Mask& mask, int64_t start, int64_t count, float* scratch) {
  const int64_t before = start & 3;
  int64_t done = 0;
  for (; done < count + before; done += 4 * LANES) fillGroup(mask, static_cast<uint32_t>(start - before + done), scratch + done);
  store(scratch + done, Floats{});
  return scratch + before;
}

}  // namespace

#endif  // TUNEBOARD_MASK_H_
