#pragma once

#include <ATen/ATen.h>

#include <tuple>

namespace kernels {

// Every second pixel of x [N, C, H, W] along height and width, from pixel (0, 0) on and from pixel
// (1, 1) on: two tensors [N, C, ⌈H/2⌉, ⌈W/2⌉], dense as x is. Where an odd size leaves the second a
// pixel short, that is zero. One node of the autograd graph, whose backward writes the gradient of
// x once: two strided views would each fill one of x's size with zeros.
std::tuple<at::Tensor, at::Tensor> subsamplePair(const at::Tensor& x);

}  // namespace kernels
