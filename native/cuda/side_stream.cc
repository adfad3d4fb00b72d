#include "cuda/side_stream.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

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

struct Entered : binding::Resource {
  explicit Entered(c10::DeviceIndex device) : stream(SideStream::enter(device)) {}
  SideStream stream;
};

}  // namespace

SideStream SideStream::enter(c10::DeviceIndex device) {
  const SideStream streams{c10::cuda::getCurrentCUDAStream(device),
                           c10::cuda::getStreamFromPool(false, device)};
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
