#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

namespace kernels {

// A minibatch of images in one pass: of images uint8 [M, C, H, W] those of `index` int64 [N], as
// scale[c]·pixel + shift[c], float32 [N, C, H, W] in channels-last order. With `places` int64 [N,
// 5] pixel (y, x) of image n is the pixel (y + top, x' + left) of its source, x' = flip ? W − 1 − x
// : x, zero where there is none, and zero in the square of side `cut` round the pixel (cutY, cutX):
// a row is top, left, flip, cutY, cutX. On the CPU only.
at::Tensor imageBatch(const at::Tensor& images, const at::Tensor& index,
                      const std::vector<double>& scale, const std::vector<double>& shift,
                      const std::optional<at::Tensor>& places, int64_t cut);

}  // namespace kernels
