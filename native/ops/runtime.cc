#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <thread>

#include "kernels/simd/isa.h"
#include "memory/caching_allocator.h"
#include "ops/register.h"

namespace ops {
namespace {

// Names of kernels::Simd, in its order.
constexpr std::array<const char*, 5> kSimdNames{"none", "avx2", "avx512", "avx512bf16", "amx"};

// Past a few threads for each processor an operator only waits for more of them, and where the
// system refuses one, OpenMP ends the process. What libtorch begins with (OMP_NUM_THREADS) is
// always allowed.
int64_t mostThreads() {
  static const int64_t most = std::max<int64_t>(
      4 * int64_t{std::max(1U, std::thread::hardware_concurrency())}, at::get_num_threads());
  return most;
}

}  // namespace

void registerRuntime(binding::Exports& e) {
  mostThreads();  // before anything has set another number
  e.op<[]() { return std::string(TORCH_VERSION); }>("version()");
  e.op<[]() { return at::globalContext().hasCUDA(); }>("cudaIsAvailable()");
  e.op<[]() {
    return static_cast<int64_t>(
        at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0);
  }>("cudaDeviceCount()");
  e.op<[](int64_t index) {
    TORCH_CHECK(at::globalContext().hasCUDA(), "expected a CUDA device, this machine has none");
    at::detail::getCUDAHooks().deviceSynchronize(static_cast<at::DeviceIndex>(index));
  }>("cudaSynchronize(index)");
  e.op<[]() { return static_cast<int64_t>(at::get_num_threads()); }>("getNumThreads()");
  e.op<[](int64_t threads) {
    TORCH_CHECK(threads >= 1 && threads <= mostThreads(), "expected 1 to ", mostThreads(),
                " threads, 4 for each processor of this machine, got ", threads,
                "; more threads than processors gain nothing");
    at::set_num_threads(static_cast<int>(threads));
  }>("setNumThreads(threads)");
  e.op<[]() { return std::string(kSimdNames[static_cast<size_t>(kernels::simd())]); }>("getSimd()");
  e.op<[](int64_t level) {
    TORCH_CHECK(level >= 0 && level < static_cast<int64_t>(kSimdNames.size()),
                "expected a level of 0 to 4, got ", level);
    kernels::setSimd(static_cast<kernels::Simd>(level));
  }>("setSimd(level)");
  e.op<[](bool cuda) {
    if (!cuda) return kernels::widestSimd() >= kernels::Simd::avx512bf16;
    return at::globalContext().hasCUDA() &&
           at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
  }>("bf16IsNative(cuda)");
  e.op<[]() { return memory::bytesInUse(); }>("bytesInUse()");
  // Denormal numbers cost a hundred times a normal one on x86 and carry nothing a network needs.
  e.op<[](bool on) { return at::globalContext().setFlushDenormal(on); }>("setFlushDenormal(on)");
}

}  // namespace ops
