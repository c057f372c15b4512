/** Which build of the kernels this processor has: the best, or what TUNEBOARD_SIMD (avx512, avx2, base) allows at most. */
#include "kernels.h"

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)

extern const Kernels TUNEBOARD_AVX512, TUNEBOARD_AVX2, TUNEBOARD_BASE;

const Kernels& kernelsHere() {
  static const Kernels& best = []() -> const Kernels& {
    __builtin_cpu_init();
    const char* given = std::getenv("TUNEBOARD_SIMD");
    const auto isGiven = [given](const char* level) { return given && std::strcmp(given, level) == 0; };
    const bool hasAvx2 = !isGiven("base") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!hasAvx2) return TUNEBOARD_BASE;
    const bool hasAvx512 = !isGiven("avx2") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return hasAvx512 ? TUNEBOARD_AVX512 : TUNEBOARD_AVX2;
  }();
  return best;
}

#else

extern const Kernels TUNEBOARD_BASE;

const Kernels& kernelsHere() { return TUNEBOARD_BASE; }

#endif
