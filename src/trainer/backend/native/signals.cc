/**
 * libtensorflow multiplies matrices with machine code that oneDNN writes (`jit_avx512_common_gemm_f32`), and that code keeps
 * data below the stack's end: a signal handler that runs on top of it destroys them, and the process dies or goes on with a
 * damaged heap (one signal in about a hundred, TensorFlow 2.15). So the thread that loads the addon, which is the one that
 * computes, and the threads that TensorFlow starts from it, leave signals to Node's other threads. Node's handlers only write
 * into a pipe, whichever thread runs them; a child process begins with no signal blocked.
 */
#include <signal.h>

#include <initializer_list>

__attribute__((constructor)) static void leaveSignalsToOtherThreads() {
  sigset_t signals;
  sigfillset(&signals);
  // Those are about the thread's own doing.
  for (int fault : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP}) sigdelset(&signals, fault);
  // On Linux it is this thread's mask alone; pthread_sigmask asks the same, and has a version of glibc 2.32.
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}
