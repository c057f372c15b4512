#ifndef TUNEBOARD_THREADS_H_
#define TUNEBOARD_THREADS_H_

#include <cstdint>
#include <functional>

/**
 * Calls `work(first, last)` for parts of 0 … count − 1, on as many threads as TensorFlow takes (TF_NUM_INTRAOP_THREADS, else
 * one a core), none of them with less than `grain`. Which thread does what is left open, so no part may depend on another.
 * Throws std::bad_alloc when memory ran out in one.
 */
void inParallel(int64_t count, int64_t grain, const std::function<void(int64_t first, int64_t last)>& work);

/** Memory of this thread, aligned to a cache line, with whatever it holds; lent until the next call. Throws std::bad_alloc. */
float* scratchFloats(int64_t count);

#endif  // TUNEBOARD_THREADS_H_
