#pragma once

#include <cstdint>
#include <functional>

namespace kernels::recurrence {

// One of the threads that run a loop together.
class Member {
 public:
  Member(int64_t index, int64_t count, class Barrier& barrier)
      : index(index), count(count), barrier_(barrier) {}
  const int64_t index;
  const int64_t count;
  // Returns once all have come here; throws when one has thrown.
  void meet();

 private:
  class Barrier& barrier_;
  int64_t phase_ = 0;
};

// Runs `body` on up to `threads` threads at once. One parallel region for a whole loop: to begin
// and end one takes 50 µs, an operator of a small network 5. Between operators the threads meet.
void runTogether(int64_t threads, const std::function<void(Member&)>& body);

}  // namespace kernels::recurrence
