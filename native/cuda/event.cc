#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "binding/resources.h"
#include "cuda/device.h"
#include "cuda/register.h"

namespace cuda {
namespace {

// A point in a stream's work that has a time.
struct Event : binding::Resource {
  explicit Event(c10::DeviceIndex device) : device(device) {
    const c10::cuda::CUDAGuard guard(device);
    C10_CUDA_CHECK(cudaEventCreate(&event));
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() override { C10_CUDA_CHECK_WARN(cudaEventDestroy(event)); }

  const c10::DeviceIndex device;
  cudaEvent_t event = nullptr;
  bool recorded = false;
};

using Reference = std::shared_ptr<Event>;

void checkRecorded(const Reference& event) {
  TORCH_CHECK(event->recorded, "expected an event that was recorded; call record() first");
}

}  // namespace

void registerEvent(binding::Exports& e) {
  e.op<[](int64_t device) { return std::make_shared<Event>(deviceIndex(device)); }>(
      "cudaEventCreate(device)");
  e.op<[](Reference event) {
    const c10::cuda::CUDAGuard guard(event->device);
    C10_CUDA_CHECK(cudaEventRecord(event->event, c10::cuda::getCurrentCUDAStream(event->device)));
    event->recorded = true;
  }>("cudaEventRecord(event)");
  e.op<[](Reference event) {
    checkRecorded(event);
    const c10::cuda::CUDAGuard guard(event->device);
    C10_CUDA_CHECK(cudaEventSynchronize(event->event));
  }>("cudaEventSynchronize(event)");
  // Whether all work before it is done; does not wait.
  e.op<[](Reference event) {
    checkRecorded(event);
    const c10::cuda::CUDAGuard guard(event->device);
    const cudaError_t status = cudaEventQuery(event->event);
    if (status != cudaErrorNotReady) {
      C10_CUDA_CHECK(status);
      return true;
    }
    // Not an error, but CUDA keeps it as the last one, for the next kernel launch to trip over.
    static_cast<void>(cudaGetLastError());
    return false;
  }>("cudaEventQuery(event)");
  // Milliseconds; waits for the end.
  e.op<[](Reference start, Reference end) {
    checkRecorded(start);
    checkRecorded(end);
    const c10::cuda::CUDAGuard guard(end->device);
    C10_CUDA_CHECK(cudaEventSynchronize(end->event));
    float milliseconds = 0;
    C10_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start->event, end->event));
    return static_cast<double>(milliseconds);
  }>("cudaEventElapsedTime(start, end)");
}

}  // namespace cuda
