#pragma once

#include <ATen/core/Tensor.h>

namespace kernels {

// scale·xᵀ of a contiguous matrix, contiguous, in another dtype or the same: what oneDNN's products
// want of a weight, for less than ATen's copy takes.
at::Tensor transposed(const at::Tensor& x, at::ScalarType dtype, float scale = 1);

}  // namespace kernels
