#pragma once

#include <ATen/ATen.h>

namespace kernels {

// tensors[0] + tensors[1] + …, added in that order, of one tensor or more. Three or more in float32
// or bfloat16 on the CPU that lie in memory alike are read once each and added in float32; of
// others it is a chain of at::add, which promotes dtypes and broadcasts shapes.
at::Tensor sumOf(at::TensorList tensors);

}  // namespace kernels
