#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "kernels/pointwise.h"

// What pointwise.cc computes where pointwiseFits: the kernels over threads, without autograd.
namespace kernels {

bool pointwiseHasKernel(at::ScalarType type);

at::Tensor pointwiseForward(at::TensorList inputs, at::TensorList weights,
                            const PointwiseOptions& options);

// The gradients of the inputs, then of the weights; undefined where not wanted.
std::vector<at::Tensor> pointwiseBackward(at::TensorList inputs, at::TensorList weights, bool relu,
                                          const at::Tensor& gradient,
                                          const std::vector<bool>& wanted);

}  // namespace kernels
