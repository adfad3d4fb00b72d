#include "kernels/recurrence/team.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#include <sched.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>

namespace kernels::recurrence {

class Barrier {
 public:
  explicit Barrier(int64_t members) : members_(members) {}

  void wait(int64_t phase) {
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members_ * phase) return;
    // Most waits are a few µs; where the other thread has lost its processor they are long.
    for (int64_t tries = 0; arrived_.load(std::memory_order_acquire) < members_ * phase; ++tries) {
      if (failed_.load(std::memory_order_relaxed)) throw std::runtime_error("recurrence: stopped");
      if (tries > 4096) {
        sched_yield();
      } else {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
      }
    }
  }

  void fail(std::exception_ptr error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!error_) error_ = std::move(error);
    failed_.store(true);
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const int64_t members_;
  std::atomic<int64_t> arrived_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
};

void Member::meet() {
  if (count > 1) barrier_.wait(++phase_);
}

void runTogether(int64_t threads, const std::function<void(Member&)>& body) {
#ifdef _OPENMP
  // Inside of another region there would be one thread, and in it at::get_num_threads() is 1.
  if (threads > 1 && !omp_in_parallel()) {
    Barrier* shared = nullptr;
    std::exception_ptr error;
#pragma omp parallel num_threads(static_cast <int>(threads)) shared(shared, error)
    {
#pragma omp single
      shared = new Barrier(omp_get_num_threads());
      Member member(omp_get_thread_num(), omp_get_num_threads(), *shared);
      try {
        body(member);
      } catch (...) {
        shared->fail(std::current_exception());
      }
    }
    try {
      shared->rethrow();
    } catch (...) {
      error = std::current_exception();
    }
    delete shared;
    if (error) std::rethrow_exception(error);
    return;
  }
#endif
  Barrier barrier(1);
  Member member(0, 1, barrier);
  body(member);
}

}  // namespace kernels::recurrence
