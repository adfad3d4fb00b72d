#pragma once

#include <ATen/core/Tensor.h>

namespace kernels {

// crossEntropy(x·weightᵀ, target), its mean or its sum: x [N, H], weight [K, H] of x's dtype or,
// with x of bf16, of fp32; target [N]. On a CPU it keeps the logits' gradient in the logits' place
// for backward, and the gradient of the weight has the weight's dtype; everything else is the
// product and crossEntropy.
at::Tensor linearCrossEntropy(const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& target, bool mean, int64_t ignoreIndex);

}  // namespace kernels
