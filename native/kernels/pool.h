#pragma once

#include <ATen/ATen.h>

namespace kernels {

// Pools over channels-last images, fp32 or bf16, on the CPU, forward and backward; everything else
// goes to ATen's operators, whose arguments and meaning these have. Sums in fp32. What a row is
// computed from, and in which order, the number of threads does not touch.

at::Tensor avgPool2d(const at::Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride,
                     at::IntArrayRef padding, bool ceilMode, bool countIncludePad);

// Remembers where each maximum stood in one byte, and that only where a gradient will be wanted.
at::Tensor maxPool2d(const at::Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride,
                     at::IntArrayRef padding, at::IntArrayRef dilation, bool ceilMode);

// [N, C, H, W] → [N, C], the mean over each image.
at::Tensor globalAvgPool(const at::Tensor& x);

}  // namespace kernels
