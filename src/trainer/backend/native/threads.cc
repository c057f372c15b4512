/** libtensorflow's C API lends its threads to nobody, so the kernels have their own. */
#include "threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

namespace {

using Work = std::function<void(int64_t, int64_t)>;

struct Job {
  const Work& work;
  int64_t count;
  int64_t step;
  std::atomic<int64_t> next{0};
  std::atomic<bool> hasFailed{false};

  void run() {
    try {
      for (;;) {
        const int64_t first = next.fetch_add(step);
        if (first >= count) return;
        work(first, std::min(count, first + step));
      }
    } catch (...) {
      hasFailed = true;
    }
  }
};

int threadsHere() {
  const char* given = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int wanted = given ? std::atoi(given) : 0;
  return std::max(1, wanted > 0 ? wanted : static_cast<int>(std::thread::hardware_concurrency()));
}

/** A lock that nobody waits for. std::mutex would ask for the version of pthread_mutex_trylock that glibc 2.34 brought. */
struct Turn {
  std::atomic<bool>& isTaken;
  const bool isMine = !isTaken.exchange(true);
  ~Turn() {
    if (isMine) isTaken = false;
  }
};

/** Never taken apart: its threads wait until the process ends. */
class Pool {
 public:
  const int threads = threadsHere();

  /** Another thread's work goes on meanwhile in this one alone. */
  void run(Job& job) {
    const Turn turn{isTaken_};
    if (!turn.isMine) {
      job.run();
      return;
    }
    std::unique_lock<std::mutex> lock(state_);
    while (started_ < threads - 1) {
      std::thread([this] { wait(); }).detach();
      started_++;
    }
    job_ = &job;
    free_ = static_cast<int>(std::min<int64_t>(threads - 1, (job.count - 1) / job.step));
    lock.unlock();
    wake_.notify_all();
    job.run();
    lock.lock();
    job_ = nullptr;
    done_.wait(lock, [this] { return active_ == 0; });
  }

 private:
  void wait() {
    std::unique_lock<std::mutex> lock(state_);
    for (;;) {
      wake_.wait(lock, [this] { return job_ && free_ > 0; });
      free_--;
      active_++;
      Job* job = job_;
      lock.unlock();
      job->run();
      lock.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  std::atomic<bool> isTaken_{false};
  std::mutex state_;
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  /** Places for threads in the job in hand, and threads in it. */
  int free_ = 0;
  int active_ = 0;
  int started_ = 0;
};

}  // namespace

void inParallel(int64_t count, int64_t grain, const Work& work) {
  static Pool& pool = *new Pool;
  if (count <= 0) return;
  // Several parts a thread: some threads are held up by other programs.
  const int64_t step = std::max(grain, (count + 4 * pool.threads - 1) / (4 * pool.threads));
  Job job{work, count, pool.threads == 1 ? count : step};
  if (job.step >= count) job.run();
  else pool.run(job);
  if (job.hasFailed) throw std::bad_alloc();
}

float* scratchFloats(int64_t count) {
  struct Release {
    void operator()(float* floats) const { std::free(floats); }
  };
  static thread_local std::unique_ptr<float, Release> floats;
  static thread_local int64_t room = 0;
  if (room < count) {
    room = 0;
    floats.reset(static_cast<float*>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64)));
    if (!floats) throw std::bad_alloc();
    room = count;
  }
  return floats.get();
}
