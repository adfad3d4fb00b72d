#pragma once

#include <ATen/ATen.h>

namespace kernels {

// Whether depthwiseConv2d takes these arguments of at::conv2d: fp32 or bf16 x [N, C, H, W] on the
// CPU, channels-last or with a backward pass to come; weight [C, 1, k, k] of x's type or fp32 with
// k of 3, 5 or 7, stride 1 or 2, any padding, no dilation, no bias.
bool fitsDepthwise(const at::Tensor& x, const at::Tensor& weight,
                   const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                   at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups);

// conv2d(inputRelu ? relu(x) : x, weight) with groups = C, laid out as x is. Sums in fp32;
// the weight's gradient is summed image by image in an order that the number of threads does not
// touch.
at::Tensor depthwiseConv2d(const at::Tensor& x, const at::Tensor& weight, at::IntArrayRef stride,
                           at::IntArrayRef padding, bool inputRelu);

}  // namespace kernels
