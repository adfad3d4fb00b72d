#include "kernels/simd/isa.h"

#include <algorithm>
#include <atomic>

namespace kernels {
namespace {

std::atomic<Simd>& level() {
  static std::atomic<Simd> current{widestSimd()};
  return current;
}

}  // namespace

Simd widestSimd() {
#ifdef ENAS_SIMD
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx2 && avx512 && __builtin_cpu_supports("avx512bf16")) return Simd::avx512bf16;
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
