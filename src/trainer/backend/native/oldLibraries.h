/**
 * Every file of the addon includes this first. The linker takes the newest version of a function that the building machine
 * has, and a machine without that version refuses the addon. These two functions would be newer than buildNative.mjs allows;
 * what they do is older.
 */
#ifndef TUNEBOARD_OLD_LIBRARIES_H_
#define TUNEBOARD_OLD_LIBRARIES_H_

#include <new>

#if defined(__GLIBCXX__)

namespace std {
// Headers of GCC 11 and newer call it from the library (GLIBCXX_3.4.29).
__attribute__((weak, noreturn, visibility("hidden"))) void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std

// GCC 12 gave the wait a second version (GLIBCXX_3.4.30), which differs only where a thread is cancelled; none is here.
__asm__(".symver _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE,"
        "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE@GLIBCXX_3.4.11");

#endif

#endif  // TUNEBOARD_OLD_LIBRARIES_H_
