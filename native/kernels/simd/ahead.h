#pragma once

// Only for .simd.cc files.
#include <cstdint>

namespace kernels::ENAS_ISA {
namespace {

// Memory to bring nearer while something else is computed; otherwise the core waits for the rows
// that come next, all at once, and only then computes.
class Ahead {
 public:
  // All of it is brought in by so many calls of some().
  explicit Ahead(std::int64_t calls) : calls_(calls < 1 ? 1 : calls) {}
  // At most three regions. Past the end of a tensor does no harm.
  void read(const void* from, std::int64_t bytes) { add(from, bytes, false); }
  void write(const void* to, std::int64_t bytes) { add(to, bytes, true); }
  void some() {
    for (int i = 0; i < regions_; ++i) {
      Region& region = region_[i];
      for (std::int64_t n = region.lines; n > 0 && region.at < region.end; --n) {
        if (region.write) {
          __builtin_prefetch(region.at, 1, 2);
        } else {
          __builtin_prefetch(region.at, 0, 2);
        }
        region.at += kLine;
      }
    }
  }

 private:
  static constexpr std::int64_t kLine = 64;
  struct Region {
    const char *at, *end;
    std::int64_t lines;
    bool write;
  };
  void add(const void* from, std::int64_t bytes, bool write) {
    const char* at = static_cast<const char*>(from);
    region_[regions_++] = {at, at + bytes, (bytes / kLine + calls_) / calls_, write};
  }
  std::int64_t calls_;
  int regions_ = 0;
  Region region_[3];
};

}  // namespace
}  // namespace kernels::ENAS_ISA
