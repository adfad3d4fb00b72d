#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "kernels/simd/depthwise.h"

// The shape that the vector code is given, and weights [C, 1, k, k] of fp32 or bf16 in the order
// that it reads, and back.
namespace kernels {

DepthwiseShape depthwiseShape(const at::Tensor& x, const at::Tensor& weight, int64_t stride,
                              at::IntArrayRef padding, bool inputRelu);

// For DepthwiseFunctions::forward.
std::vector<float> depthwiseTable(const DepthwiseShape& shape, const at::Tensor& weight);
// For DepthwiseFunctions::dataGradient.
std::vector<float> depthwiseDataTable(const DepthwiseShape& shape, const at::Tensor& weight);
// What DepthwiseFunctions::weightGradient left in `parts` sums, as fp32 [C, 1, k, k].
at::Tensor depthwiseWeightGradient(const DepthwiseShape& shape, const std::vector<float>& sums,
                                   int64_t parts);

}  // namespace kernels
