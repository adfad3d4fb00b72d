#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace kernels {

// −log softmax(logits)[target]. Logits [N, K] of fp32 or bf16 on a CPU with a mean or a sum over
// them keep one number a row for backward; everything else is ATen's. Of bf16 logits the loss is
// fp32.
at::Tensor crossEntropy(const at::Tensor& logits, const at::Tensor& target,
                        const std::optional<at::Tensor>& weight, int64_t reduction,
                        int64_t ignoreIndex, double labelSmoothing);

}  // namespace kernels
