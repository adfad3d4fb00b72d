#pragma once

#include <ATen/ATen.h>

#include "kernels/pointwise.h"

namespace kernels {

// relu?(conv1×1(depthwise(relu?(x))) + bias?).
struct SeparableConv {
  at::Tensor depthwise;  // [C, 1, k, k]
  at::Tensor pointwise;  // [out, C, 1, 1]
  at::IntArrayRef stride;
  at::IntArrayRef padding;
  PointwiseOptions options;  // inputRelu is of x
};

// Whether separableConv2d takes these: what both kernels do, channels-last, and no gradient
// recorded.
bool fitsSeparable(const at::Tensor& x, const SeparableConv& conv);

// By blocks of rows, whose depthwise result stays in a core's cache until it is multiplied. The
// same numbers as depthwiseConv2d and then pointwise.
at::Tensor separableConv2d(const at::Tensor& x, const SeparableConv& conv);

}  // namespace kernels
