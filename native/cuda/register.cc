#include "cuda/register.h"

#include "binding/resources.h"

namespace cuda {

void registerCuda(binding::Exports& e) {
  registerDevice(e);
  registerEvent(e);
  registerGraph(e);
  registerStream(e);
  e.op<[](binding::Released) {}>("cudaRelease(resource)");
}

}  // namespace cuda
