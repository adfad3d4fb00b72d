#include "cuda/side_stream.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAMacros.h>

#include <array>
#include <optional>

#include "binding/resources.h"
#include "cuda/device.h"
#include "cuda/register.h"

namespace cuda {
namespace {

void waitFor(c10::cuda::CUDAStream waiting, c10::cuda::CUDAStream awaited) {
  const c10::cuda::CUDAGuard guard(awaited.device_index());
  cudaEvent_t event = nullptr;
  C10_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  const cudaError_t recorded = cudaEventRecord(event, awaited);
  const cudaError_t waits =
      recorded == cudaSuccess ? cudaStreamWaitEvent(waiting, event, 0) : recorded;
  // The wait stands without the event.
  C10_CUDA_CHECK_WARN(cudaEventDestroy(event));
  C10_CUDA_CHECK(waits);
}

// A thread's own side stream of a device, the same one every time: a backward pass launches on the
// stream of its forward pass, and where the two are captured one after the other that has to be the
// stream that is captured. What a library sets up for a stream (workspaces) is there after the
// warm-up.
c10::cuda::CUDAStream sideStream(c10::DeviceIndex device) {
  thread_local std::array<std::optional<c10::cuda::CUDAStream>, C10_COMPILE_TIME_MAX_GPUS> streams;
  std::optional<c10::cuda::CUDAStream>& stream = streams.at(device);
  if (!stream) stream = c10::cuda::getStreamFromPool(false, device);
  return *stream;
}

struct Entered : binding::Resource {
  explicit Entered(c10::DeviceIndex device) : stream(SideStream::enter(device)) {}
  SideStream stream;
};

}  // namespace

SideStream SideStream::enter(c10::DeviceIndex device) {
  const SideStream streams{c10::cuda::getCurrentCUDAStream(device), sideStream(device)};
  waitFor(streams.side, streams.outer);
  c10::cuda::setCurrentCUDAStream(streams.side);
  return streams;
}

void SideStream::leave() const {
  c10::cuda::setCurrentCUDAStream(outer);
  waitFor(outer, side);
}

void registerStream(binding::Exports& e) {
  e.op<[](int64_t device) { return std::make_shared<Entered>(deviceIndex(device)); }>(
      "cudaStreamEnter(device)");
  e.op<[](std::shared_ptr<Entered> entered) { entered->stream.leave(); }>(
      "cudaStreamLeave(entered)");
}

}  // namespace cuda
