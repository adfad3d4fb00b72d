#pragma once

#include <c10/cuda/CUDAStream.h>

namespace cuda {

// Work on a stream of its own, in order with the work round it: it begins when the stream that was
// current is done, and that one goes on when it is done. Between the two calls the side stream is
// the current one.
struct SideStream {
  // Makes `side` current.
  static SideStream enter(c10::DeviceIndex device);
  // Makes the outer stream current again.
  void leave() const;

  c10::cuda::CUDAStream outer;
  c10::cuda::CUDAStream side;
};

}  // namespace cuda
