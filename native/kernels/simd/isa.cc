#include "kernels/simd/isa.h"

#ifdef ENAS_SIMD
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <atomic>

namespace kernels {
namespace {

std::atomic<Simd>& level() {
  static std::atomic<Simd> current{widestSimd()};
  return current;
}

#ifdef ENAS_SIMD
// Linux gives a process the 8 KB of tile registers only if it asks.
bool tilesGranted() {
  constexpr long kRequest = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;     // XFEATURE_XTILEDATA
  static const bool granted = syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
  return granted;
}
#endif

}  // namespace

Simd widestSimd() {
#ifdef ENAS_SIMD
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool bf16 = avx2 && avx512 && __builtin_cpu_supports("avx512bf16");
  const bool tiles = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16");
  if (bf16 && tiles && tilesGranted()) return Simd::amx;
  if (bf16) return Simd::avx512bf16;
  if (avx2 && avx512) return Simd::avx512;
  if (avx2) return Simd::avx2;
#endif
  return Simd::none;
}

Simd simd() { return level().load(std::memory_order_relaxed); }

void setSimd(Simd wanted) {
  level().store(std::min(wanted, widestSimd()), std::memory_order_relaxed);
}

}  // namespace kernels
