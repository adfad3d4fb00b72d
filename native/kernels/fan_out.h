#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace kernels {

// x and weights themselves, for operators of which several read x, 1×1 convolutions (`pointwise`)
// by these weights among them. What those give to the gradients is computed in one pass over x and
// all of theirs, and what others give to that of x is added in it, instead of each being stored and
// added up.
std::vector<at::Tensor> fanOut(const at::Tensor& x, at::TensorList weights);

// What one reader gives to the gradient of x, relu'(x)?·(weightᵀ · dy), and to its weight's.
struct GradientPart {
  at::Tensor dy;      // [N, out, H, W], of the dtype of x, channels-last
  at::Tensor weight;  // [out, C, 1, 1]
  bool relu;
};

// What a fan-out has taken upon itself to compute.
enum class Left { nothing, inputGradient, bothGradients };

// Leaves a part to the fan-out that x came from, and the weight's gradient if the weight came from
// it too. Nothing is left where x came from none, or where this backward pass does not run that.
// Only while a backward pass runs.
Left leavePart(const at::Tensor& x, const GradientPart& part);

}  // namespace kernels
