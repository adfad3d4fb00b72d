#include "kernels/sgd.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cmath>

#include "kernels/simd/sgd.h"

namespace kernels {
namespace {

using at::Tensor;
using Tensors = std::vector<Tensor>;

// Elements that one thread takes at a time, and that one partial sum of a norm is over.
constexpr int64_t kPiece = 16384;

// A part of one parameter.
struct Piece {
  float* w;
  float* grad;
  float* v;
  int64_t size;
};

std::vector<Piece> piecesOf(const Tensors& params, const Tensors& grads, const Tensors& momenta) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < params.size(); ++i) {
    float* w = params[i].mutable_data_ptr<float>();
    float* grad = grads[i].mutable_data_ptr<float>();
    float* v = momenta.empty() ? nullptr : momenta[i].mutable_data_ptr<float>();
    for (int64_t from = 0, n = params[i].numel(); from < n; from += kPiece) {
      pieces.push_back(
          {w + from, grad + from, v == nullptr ? v : v + from, std::min(kPiece, n - from)});
    }
  }
  return pieces;
}

float clipScale(const SgdKernels& kernels, const std::vector<Piece>& pieces, double maxNorm) {
  std::vector<float> squares(pieces.size());
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      squares[i] = kernels.sumOfSquares(pieces[i].grad, pieces[i].size);
    }
  });
  double sum = 0;
  for (const float square : squares) sum += square;
  // NaN stays NaN, as in PyTorch's clip_grad_norm_: a step that cannot be taken must show.
  const double scale = maxNorm / (std::sqrt(sum) + 1e-6);
  return static_cast<float>(scale > 1 ? 1 : scale);
}

}  // namespace

void sgdStep(const Tensors& params, const Tensors& grads, const Tensors& momenta, const Sgd& sgd) {
  RECORD_FUNCTION("enas::sgd_step", {});
  const SgdKernels* kernels = sgdKernels();
  const bool fused = kernels != nullptr && std::all_of(params.begin(), params.end(), [](auto& p) {
                       return p.is_cpu() && p.scalar_type() == at::kFloat;
                     });
  if (!fused) {
    if (sgd.maxNorm > 0) clipGradNorm(grads, sgd.maxNorm);
    // 0.0 where there are no buffers, not the momentum, which may be a denormal number: equal to
    // zero for this thread if it flushes them, but libtorch's other threads would look for buffers.
    at::_fused_sgd_(params, grads, momenta, sgd.weightDecay, momenta.empty() ? 0.0 : sgd.momentum,
                    sgd.lr, 0.0, sgd.nesterov, false, false);
    if (sgd.zeroGrads) at::_foreach_zero_(grads);
    return;
  }
  const std::vector<Piece> pieces = piecesOf(params, grads, momenta);
  const float scale = sgd.maxNorm > 0 ? clipScale(*kernels, pieces, sgd.maxNorm) : 1.0f;
  const SgdStep step{static_cast<float>(sgd.lr), static_cast<float>(sgd.momentum),
                     static_cast<float>(sgd.weightDecay), scale, sgd.nesterov};
  // Small parameters are many: a thread takes several.
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 4, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      const Piece& piece = pieces[i];
      kernels->step(piece.w, piece.grad, piece.v, piece.size, step, sgd.zeroGrads);
    }
  });
}

Tensor clipGradNorm(const Tensors& grads, double maxNorm) {
  const Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(grads, 2)), 2);
  const Tensor scale = at::clamp_max(at::reciprocal(norm + 1e-6) * maxNorm, 1.0);
  at::_foreach_mul_(grads, scale);
  return norm;
}

}  // namespace kernels
