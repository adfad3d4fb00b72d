#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

namespace kernels {

// Whether pointwise has a kernel for these, so that it does better than ATen: channels-last fp32 or
// bf16 inputs on the CPU, weights of fp32 or the inputs' dtype, as many as inputs or a single one.
bool pointwiseFits(at::TensorList inputs, at::TensorList weights);

struct PointwiseOptions {
  bool inputRelu = false;
  std::optional<at::Tensor> bias = std::nullopt;  // [out], of any dtype
  bool relu = false;                              // of the result
};

// Whether it can be an input of it, as far as one can be by itself.
bool pointwiseReads(const at::Tensor& x);

// relu?(Σᵢ conv2d(inputRelu?(inputsᵢ), weightsᵢ) + bias?), weightsᵢ [out, channels of inputsᵢ, 1,
// 1], without a copy of the inputs next to each other or of their relu; bf16 with fp32 sums. The
// gradient of a weight has the weight's dtype and does not depend on the number of threads. A
// single weight [out, channels of all inputs, 1, 1] stands for the weightsᵢ side by side. Where it
// does not fit, ATen's convolution of the concatenation. Bias and relu are part of the one pass
// where no gradient is recorded, and operators of their own where one is.
at::Tensor pointwise(at::TensorList inputs, at::TensorList weights,
                     const PointwiseOptions& options);

}  // namespace kernels
