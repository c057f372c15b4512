/**
 * Included before everything else in every file of the addon. A compiler takes the newest version of a function that its own
 * machine has, and an older machine refuses the addon then. The bar is in buildNative.mjs; these two would be above it, and
 * have been in every libstdc++ under an older name or need none.
 */
#ifndef TUNEBOARD_OLD_LIBRARIES_H_
#define TUNEBOARD_OLD_LIBRARIES_H_

#include <new>

#if defined(__GLIBCXX__)

namespace std {
// GCC 11 moved the throw of an array that is too long out of its headers (GLIBCXX_3.4.29). Here it is again, in the addon.
__attribute__((weak, noreturn, visibility("hidden"))) void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std

// GCC 12 gave the same wait a second version (GLIBCXX_3.4.30), which POSIX cancellation may leave.
__asm__(".symver _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE,"
        "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE@GLIBCXX_3.4.11");

#endif

#endif  // TUNEBOARD_OLD_LIBRARIES_H_
