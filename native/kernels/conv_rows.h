#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace kernels {

// Whether convRows has a kernel for it: channels-last bf16 images on a CPU with tiles, few enough
// channels that what libtorch does has overhead, stride 1, one group, weights of fp32 or bf16.
bool fitsConvRows(const at::Tensor& x, const at::Tensor& weight,
                  const std::optional<at::Tensor>& bias, const std::vector<int64_t>& stride,
                  const std::vector<int64_t>& padding, const std::vector<int64_t>& dilation,
                  int64_t groups);

// The convolution of relu?(x) where it fits, with fp32 sums. The gradient of the weight has the
// weight's dtype and does not depend on the number of threads.
at::Tensor convRows(const at::Tensor& x, const at::Tensor& weight,
                    const std::vector<int64_t>& padding, bool inputRelu);

}  // namespace kernels
