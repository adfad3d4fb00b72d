#pragma once

#include <ATen/ATen.h>

#include <optional>

namespace kernels {

struct BatchNormOptions {
  bool training;
  double momentum;
  double eps;
  bool relu;
};

// relu?(batch_norm(x) + add?), in one pass over memory once the statistics are there; the rest as
// at::batch_norm. fp32 or bf16 on the CPU, x [N, C] or channels-last [N, C, H, W]; everything else
// goes to ATen. Statistics and sums are fp32 in pieces of fixed size and fp64 across them, so that
// they do not depend on the number of threads.
at::Tensor batchNorm(const at::Tensor& x, const std::optional<at::Tensor>& weight,
                     const std::optional<at::Tensor>& bias,
                     const std::optional<at::Tensor>& runningMean,
                     const std::optional<at::Tensor>& runningVar,
                     const std::optional<at::Tensor>& add, const BatchNormOptions& options);

}  // namespace kernels
