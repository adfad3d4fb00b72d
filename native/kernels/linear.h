#pragma once

#include <ATen/ATen.h>

#include <optional>

namespace kernels {

// at::linear, and by matmul, with its gradients, where that fits and there is no bias.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight,
                  const std::optional<at::Tensor>& bias);

}  // namespace kernels
