#pragma once

#include <ATen/ATen.h>

namespace kernels {

// x itself, for operators of which several read it. What 1×1 convolutions (`pointwise`) among them
// give to its gradient is computed in one pass over all of them, and the other gradients added in
// it, instead of being stored one by one and added up.
at::Tensor fanOut(const at::Tensor& x);

// What one reader gives to the gradient of x: relu'(x)?·(weightᵀ · dy).
struct GradientPart {
  at::Tensor dy;      // [N, out, H, W], of the dtype of x, channels-last
  at::Tensor weight;  // [out, C, 1, 1]
  bool relu;
};

// Leaves a part to the fan-out that x came from. False, and nothing is left, where x came from
// none, or where this backward pass does not run that. Only while a backward pass runs.
bool leavePart(const at::Tensor& x, const GradientPart& part);

}  // namespace kernels
