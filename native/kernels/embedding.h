#pragma once

#include <ATen/ATen.h>

namespace kernels {

// Rows of weight [V, E] at int64 or int32 indices: [..., E], at::embedding. Where backward adds to
// a gradient that a parameter has already, in fp32 on the CPU, it adds the rows that were read
// alone.
at::Tensor embedding(const at::Tensor& weight, const at::Tensor& indices);

}  // namespace kernels
