#pragma once

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels {

// SGD with momentum over a piece of memory that a parameter, its gradient and its buffer share the
// order of: g ← scale·grad + weightDecay·w, v ← momentum·v + g, w ← w − lr·(nesterov ? g +
// momentum·v : v). Without momentum v is null and w ← w − lr·g.
struct SgdStep {
  float lr, momentum, weightDecay, scale;
  bool nesterov;
};

struct SgdKernels {
  void (*step)(float* w, float* grad, float* v, std::int64_t n, const SgdStep& step, bool zeroGrad);
  float (*sumOfSquares)(const float* x, std::int64_t n);
};

}  // namespace kernels

ENAS_SIMD_TABLE(SgdKernels, sgdKernels)
