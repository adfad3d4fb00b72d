#include "memory/caching_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>

namespace memory {
namespace {

// Smaller ones glibc keeps well, and the memory it hands out again is still in a core's cache: with
// blocks from 1 MiB on a macro step took 1.02 times as long, from 4 MiB on no longer than from 8.
constexpr size_t kLarge = size_t{4} << 20;

// What may be mapped beyond the most that was ever in use at once, if an eighth of it is less. A
// small network's step takes turns with blocks of sizes that do not fit each other: a recurrent one
// at 200 hidden units mapped 60 MB anew in every second step, for 15,000 page faults.
constexpr size_t kSpare = size_t{32} << 20;

// Sizes are rounded up to an eighth of a power of two, so that those of one network fit each other.
size_t roundedUp(size_t bytes) {
  const size_t eighth = std::max<size_t>(kLarge, size_t{1} << (63 - __builtin_clzll(bytes))) / 8;
  return (bytes + eighth - 1) / eighth * eighth;
}

// Large blocks, mapped one by one. A free one serves a request of at least three quarters of its
// size.
class Blocks {
 public:
  // @returns null where the kernel has no more to give
  void* take(size_t bytes) {
    const size_t size = roundedUp(bytes);
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = free_.lower_bound(size);
    if (found != free_.end() && found->first <= size + size / 3) {
      void* const data = found->second.data;
      inUse_ += found->first;
      taken_.emplace(data, found->first);
      free_.erase(found);
      return data;
    }
    peak_ = std::max(peak_, inUse_ + size);
    const size_t most = peak_ + std::max(peak_ / 8, kSpare);
    while (!free_.empty() && mapped_ + size > most) unmapOldest();
    void* data = map(size);
    while (data == MAP_FAILED && !free_.empty()) {
      unmapOldest();
      data = map(size);
    }
    if (data == MAP_FAILED) return nullptr;
    mapped_ += size;
    inUse_ += size;
    taken_.emplace(data, size);
    return data;
  }

  // @returns false where it is none of these blocks
  bool give(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = taken_.find(data);
    if (found == taken_.end()) return false;
    inUse_ -= found->second;
    free_.emplace(found->second, Free{data, clock_++});
    taken_.erase(found);
    return true;
  }

  size_t inUse() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return inUse_;
  }

 private:
  struct Free {
    void* data;
    uint64_t since;
  };

  static void* map(size_t size) {
    void* const data =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifdef MADV_HUGEPAGE
    // In huge pages, where the kernel has some to give: fewer page faults, and fewer misses of the
    // page table's cache where what is read lies far apart.
    if (data != MAP_FAILED) madvise(data, size, MADV_HUGEPAGE);
#endif
    return data;
  }

  void unmapOldest() {
    const auto oldest = std::min_element(free_.begin(), free_.end(), [](auto& a, auto& b) {
      return a.second.since < b.second.since;
    });
    munmap(oldest->second.data, oldest->first);
    mapped_ -= oldest->first;
    free_.erase(oldest);
  }

  std::mutex mutex_;
  std::multimap<size_t, Free> free_;
  std::unordered_map<void*, size_t> taken_;
  // Bytes: of all blocks, of those taken, and the most that were ever taken at once.
  size_t mapped_ = 0;
  size_t inUse_ = 0;
  size_t peak_ = 0;
  uint64_t clock_ = 0;
};

// Never destroyed: tensors are released up to the very end of the process.
Blocks& blocks() {
  static Blocks* const all = new Blocks;
  return *all;
}

// Blocks are whole pages: what begins elsewhere is none, and need not wait for the lock.
bool mayBeBlock(const void* data) { return reinterpret_cast<uintptr_t>(data) % 4096 == 0; }

void release(void* data) {
  if (data == nullptr || (mayBeBlock(data) && blocks().give(data))) return;
  c10::free_cpu(data);
}

class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* const data = bytes < kLarge ? c10::alloc_cpu(bytes) : blocks().take(bytes);
    TORCH_CHECK_WITH(OutOfMemoryError, data != nullptr || bytes == 0, "out of memory: ", bytes,
                     " bytes were asked for");
    return {data, data, &release, c10::Device(c10::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

int64_t bytesInUse() {
#if __GLIBC_PREREQ(2, 33)
  const auto used = mallinfo2();
#else
  const auto used = mallinfo();
#endif
  return static_cast<int64_t>(used.uordblks) + static_cast<int64_t>(used.hblkhd) +
         static_cast<int64_t>(blocks().inUse());
}

void installCachingAllocator() {
// AddressSanitizer knows where what it allocates ends, and not where a tensor in a block does.
#ifndef __SANITIZE_ADDRESS__
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(new CachingAllocator, 1); });
#endif
}

}  // namespace memory
