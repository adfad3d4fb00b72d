#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace kernels {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

// On the boundary of a cache line.
using Scratch = std::unique_ptr<void, Free>;

inline Scratch scratchOf(std::int64_t bytes) {
  const std::size_t size = (static_cast<std::size_t>(bytes) + 63) / 64 * 64;
  Scratch scratch(std::aligned_alloc(64, size > 0 ? size : 64));
  if (!scratch) throw std::bad_alloc();
  return scratch;
}

inline Scratch zeroedScratch(std::int64_t bytes) {
  Scratch scratch = scratchOf(bytes);
  std::memset(scratch.get(), 0, static_cast<std::size_t>(bytes));
  return scratch;
}

}  // namespace kernels
