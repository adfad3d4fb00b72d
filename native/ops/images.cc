#include "kernels/image_batch.h"
#include "ops/register.h"

namespace ops {

void registerImages(binding::Exports& e) {
  e.op<[](const at::Tensor& images, const at::Tensor& index, const std::vector<double>& scale,
          const std::vector<double>& shift, const std::optional<at::Tensor>& places, int64_t cut) {
    return kernels::imageBatch(images, index, scale, shift, places, cut);
  }>("imageBatch(images, index, scale, shift, places, cut)");
}

}  // namespace ops
