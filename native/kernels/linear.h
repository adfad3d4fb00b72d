#pragma once

#include <ATen/ATen.h>

#include <optional>

namespace kernels {

// at::linear, where the weight and bias may be fp32 for an input of bf16; by matmul, with its
// gradients in the dtypes of what they are of, where that fits and there is no bias.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight,
                  const std::optional<at::Tensor>& bias);

}  // namespace kernels
