#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace kernels {

struct Sgd {
  double lr, momentum, weightDecay;
  bool nesterov;
  // Of the gradients' global L2 norm; 0 = no clipping.
  double maxNorm;
  // Whether the gradients are zero afterwards.
  bool zeroGrads;
};

// One step of SGD on parameters whose gradients and momentum buffers (none where momentum is 0) lie
// in memory as they do, each dense. On the CPU in float32 it is one pass over memory, after one
// over the gradients where they are clipped; elsewhere ATen's fused step. Nothing is read back from
// a device, and the result does not depend on the number of threads.
void sgdStep(const std::vector<at::Tensor>& params, const std::vector<at::Tensor>& grads,
             const std::vector<at::Tensor>& momenta, const Sgd& sgd);

// Scales gradients so that their global L2 norm is at most maxNorm; gives the norm before.
at::Tensor clipGradNorm(const std::vector<at::Tensor>& grads, double maxNorm);

}  // namespace kernels
