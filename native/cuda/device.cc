#include "cuda/device.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>

#include <string>
#include <tuple>

#include "cuda/register.h"

namespace cuda {
namespace {

using c10::CachingAllocator::Stat;
using c10::CachingAllocator::StatType;

constexpr auto kAll = static_cast<size_t>(StatType::AGGREGATE);

}  // namespace

c10::DeviceIndex deviceIndex(int64_t index) {
  const int64_t devices = c10::cuda::device_count();
  TORCH_CHECK(index >= 0 && index < devices, "expected a device of this machine, got cuda:", index,
              " where there are ", devices, " CUDA devices");
  return static_cast<c10::DeviceIndex>(index);
}

void registerDevice(binding::Exports& e) {
  // Name, compute capability (major, minor), bytes of memory, multiprocessors.
  e.op<[](int64_t index) {
    cudaDeviceProp properties;
    C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, deviceIndex(index)));
    return std::tuple<std::string, int64_t, int64_t, int64_t, int64_t>(
        properties.name, properties.major, properties.minor,
        static_cast<int64_t>(properties.totalGlobalMem), properties.multiProcessorCount);
  }>("cudaDeviceProperties(device)");
  // Bytes: allocated to tensors now and at most, held from the device now and at most.
  e.op<[](int64_t index) {
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(deviceIndex(index));
    const Stat& allocated = stats.allocated_bytes[kAll];
    const Stat& reserved = stats.reserved_bytes[kAll];
    return std::tuple<int64_t, int64_t, int64_t, int64_t>(allocated.current, allocated.peak,
                                                          reserved.current, reserved.peak);
  }>("cudaMemoryStats(device)");
  e.op<[](int64_t index) { c10::cuda::CUDACachingAllocator::resetPeakStats(deviceIndex(index)); }>(
      "cudaResetPeakMemoryStats(device)");
  e.op<[]() { c10::cuda::CUDACachingAllocator::emptyCache(); }>("cudaEmptyCache()");
}

}  // namespace cuda
