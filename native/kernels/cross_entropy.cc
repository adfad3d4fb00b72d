#include "kernels/cross_entropy.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/cross_entropy_rows.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct CrossEntropy : torch::autograd::Function<CrossEntropy> {
  static Tensor forward(AutogradContext* ctx, const Tensor& given, const Tensor& givenTarget,
                        bool mean, int64_t ignoreIndex) {
    RECORD_FUNCTION("enas::cross_entropy", {});
    const Tensor logits = given.contiguous();
    const Tensor target = givenTarget.contiguous();
    const int64_t count = countedTargets(target, logits.size(1), ignoreIndex);
    Tensor logSumExp = at::empty({logits.size(0)}, logits.options().dtype(at::kFloat));
    Tensor losses = at::empty_like(logSumExp);
    crossEntropyLosses(logits, target, ignoreIndex, logSumExp, losses);
    ctx->save_for_backward({logits, target, logSumExp});
    ctx->saved_data["count"] = mean ? count : 1;
    ctx->saved_data["ignoreIndex"] = ignoreIndex;
    const Tensor total = losses.sum(at::kDouble);
    return (mean ? total / count : total).to(at::kFloat);
  }

  static variable_list backward(AutogradContext* ctx, variable_list received) {
    RECORD_FUNCTION("enas::cross_entropy_backward", {});
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "crossEntropy: it has first derivatives only; createGraph asks for second ones");
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &logits = saved[0], &target = saved[1], &logSumExp = saved[2];
    const auto scale = static_cast<float>(received[0].item<double>() /
                                          static_cast<double>(ctx->saved_data["count"].toInt()));
    Tensor gradient = at::empty_like(logits);
    crossEntropyGradients(logits, target, ctx->saved_data["ignoreIndex"].toInt(), logSumExp, scale,
                          gradient);
    return {gradient, Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor crossEntropy(const Tensor& logits, const Tensor& target, const std::optional<Tensor>& weight,
                    int64_t reduction, int64_t ignoreIndex, double labelSmoothing) {
  if (logits.dim() == 2 && !weight.has_value() && labelSmoothing == 0 &&
      reduction != at::Reduction::None && crossEntropyFits(logits, logits.size(1), target)) {
    return CrossEntropy::apply(logits, target, reduction == at::Reduction::Mean, ignoreIndex);
  }
  return at::cross_entropy_loss(
      logits.scalar_type() == at::kBFloat16 ? logits.to(at::kFloat) : logits, target, weight,
      reduction, ignoreIndex, labelSmoothing);
}

}  // namespace kernels
