#pragma once

#include <ATen/core/Tensor.h>

// What crossEntropy and linearCrossEntropy compute, row by row and without autograd, of contiguous
// logits [N, K] of fp32 or bf16 and contiguous targets [N] on a CPU.
namespace kernels {

// Whether there is a kernel for logits [N, classes] of the dtype of x [N, …] with such a target.
bool crossEntropyFits(const at::Tensor& x, int64_t classes, const at::Tensor& target);

// How many targets are not ignored; a target that is no class is an IndexError.
int64_t countedTargets(const at::Tensor& target, int64_t classes, int64_t ignoreIndex);

// Losses [N] in fp32 and each row's log-sum-exp, zeros where ignored.
void crossEntropyLosses(const at::Tensor& logits, const at::Tensor& target, int64_t ignoreIndex,
                        at::Tensor& logSumExp, at::Tensor& losses);

// gradient = (softmax − one-hot)·scale, zeros where ignored.
void crossEntropyGradients(const at::Tensor& logits, const at::Tensor& target, int64_t ignoreIndex,
                           const at::Tensor& logSumExp, float scale, at::Tensor& gradient);

// Losses [N], and the logits become their gradient: each row while it is in the nearest cache.
void crossEntropyInPlace(at::Tensor& logits, const at::Tensor& target, int64_t ignoreIndex,
                         float scale, at::Tensor& losses);

}  // namespace kernels
