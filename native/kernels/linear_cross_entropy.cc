#include "kernels/linear_cross_entropy.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/cross_entropy.h"
#include "kernels/cross_entropy_rows.h"
#include "kernels/matmul.h"
#include "kernels/plain.h"
#include "kernels/transpose.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The weight's transpose, as products of bf16 read it best: oneDNN's took up to twice as long with
// a transposed view, far more than transposing takes ([2240, 200]·[200, 10000]: 5.5 for 2.8 ms).
Tensor columnsOf(const Tensor& x, const Tensor& weight) {
  const bool asItIs = x.scalar_type() != at::kBFloat16 || matmulFits(x, weight.t());
  return asItIs ? weight.t() : transposed(weight, at::kBFloat16);
}

// gradientᵀ · x, times a number
Tensor weightGradient(const Tensor& gradient, const Tensor& x, at::ScalarType dtype, float scale) {
  const Tensor rows = gradient.t();
  if (x.scalar_type() == at::kBFloat16 && !matmulFits(rows, x)) {
    return transposed(at::mm(transposed(x, at::kBFloat16), gradient), dtype, scale);
  }
  const Tensor result = matmul(rows, x, dtype);
  return scale == 1 ? result : result.mul_(scale);
}

struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static Tensor forward(AutogradContext* ctx, const Tensor& givenX, const Tensor& givenWeight,
                        const Tensor& givenTarget, bool mean, int64_t ignoreIndex, bool backward) {
    RECORD_FUNCTION("enas::linear_cross_entropy", {});
    const Tensor x = givenX.contiguous();
    const Tensor weight = givenWeight.contiguous();
    const Tensor target = givenTarget.contiguous();
    const int64_t count = countedTargets(target, weight.size(0), ignoreIndex);
    const Tensor columns = columnsOf(x, weight);  // [H, K]
    Tensor logits = matmul(x, columns, x.scalar_type());
    Tensor losses = at::empty({x.size(0)}, x.options().dtype(at::kFloat));
    if (backward) {
      const float scale = mean ? 1.0f / static_cast<float>(count) : 1.0f;
      crossEntropyInPlace(logits, target, ignoreIndex, scale, losses);
      ctx->save_for_backward({x, columns, logits});
      ctx->saved_data["weightDType"] = weight.scalar_type();
    } else {
      Tensor logSumExp = at::empty_like(losses);
      crossEntropyLosses(logits, target, ignoreIndex, logSumExp, losses);
    }
    const Tensor total = losses.sum(at::kDouble);
    return (mean ? total / count : total).to(at::kFloat);
  }

  static variable_list backward(AutogradContext* ctx, variable_list received) {
    RECORD_FUNCTION("enas::linear_cross_entropy_backward", {});
    TORCH_CHECK(
        !c10::GradMode::is_enabled(),
        "linearCrossEntropy: it has first derivatives only; createGraph asks for second ones");
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &columns = saved[1], &gradient = saved[2];
    const auto scale = static_cast<float>(received[0].item<double>());
    Tensor dx, dWeight;
    if (ctx->needs_input_grad(0)) {
      dx = matmul(gradient, columns.t(), x.scalar_type());
      if (scale != 1) dx.mul_(scale);
    }
    if (ctx->needs_input_grad(1)) {
      const at::ScalarType dtype = ctx->saved_data["weightDType"].toScalarType();
      dWeight = weightGradient(gradient, x, dtype, scale);
    }
    return {dx, dWeight, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

bool fits(const Tensor& x, const Tensor& weight, const Tensor& target) {
  const bool alike = weight.scalar_type() == x.scalar_type() ||
                     (x.scalar_type() == at::kBFloat16 && weight.scalar_type() == at::kFloat);
  return weight.dim() == 2 && isPlain(weight) && alike &&
         crossEntropyFits(x, weight.size(0), target) && x.size(1) == weight.size(1);
}

}  // namespace

Tensor linearCrossEntropy(const Tensor& x, const Tensor& weight, const Tensor& target, bool mean,
                          int64_t ignoreIndex) {
  if (fits(x, weight, target)) {
    const bool backward =
        c10::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
    return LinearCrossEntropy::apply(x, weight, target, mean, ignoreIndex, backward);
  }
  const Tensor matrix = x.scalar_type() == at::kBFloat16 ? weight.to(at::kBFloat16) : weight;
  return crossEntropy(at::linear(x, matrix), target, std::nullopt,
                      mean ? at::Reduction::Mean : at::Reduction::Sum, ignoreIndex, 0);
}

}  // namespace kernels
