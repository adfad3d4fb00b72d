#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>

#include "ops/register.h"

namespace ops {

void registerRuntime(binding::Exports& e) {
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
    TORCH_CHECK(threads >= 1 && threads <= 4096, "expected 1 to 4096 threads, got ", threads);
    at::set_num_threads(static_cast<int>(threads));
  }>("setNumThreads(threads)");
  // Denormal numbers cost a hundred times a normal one on x86 and carry nothing a network needs.
  e.op<[](bool on) { return at::globalContext().setFlushDenormal(on); }>("setFlushDenormal(on)");
}

}  // namespace ops
