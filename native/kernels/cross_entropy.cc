#include "kernels/cross_entropy.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/elements.h"
#include "kernels/plain.h"
#include "kernels/simd/cross_entropy.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRowsAtOnce = 4;

template <typename T>
void losses(const CrossEntropyTable<T>& kernels, const Tensor& logits, const Tensor& target,
            int64_t ignoreIndex, Tensor& logSumExp, Tensor& loss) {
  const int64_t classes = logits.size(1);
  const T* rows = elements<T>(logits);
  const int64_t* targets = target.const_data_ptr<int64_t>();
  float* sums = logSumExp.mutable_data_ptr<float>();
  float* each = loss.mutable_data_ptr<float>();
  at::parallel_for(0, logits.size(0), kRowsAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (targets[i] == ignoreIndex) {
        sums[i] = each[i] = 0;
        continue;
      }
      const T* row = rows + i * classes;
      sums[i] = kernels.logSumExp(row, classes);
      if constexpr (std::is_same_v<T, float>) {
        each[i] = sums[i] - row[targets[i]];
      } else {
        each[i] =
            sums[i] - static_cast<float>(reinterpret_cast<const at::BFloat16*>(row)[targets[i]]);
      }
    }
  });
}

template <typename T>
void gradients(const CrossEntropyTable<T>& kernels, const Tensor& logits, const Tensor& target,
               int64_t ignoreIndex, const Tensor& logSumExp, float scale, Tensor& gradient) {
  const int64_t classes = logits.size(1);
  const T* rows = elements<T>(logits);
  T* to = mutableElements<T>(gradient);
  const int64_t* targets = target.const_data_ptr<int64_t>();
  const float* sums = logSumExp.const_data_ptr<float>();
  at::parallel_for(0, logits.size(0), kRowsAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (targets[i] == ignoreIndex) {
        std::fill_n(to + i * classes, classes, T{});
      } else {
        kernels.gradient(rows + i * classes, classes, sums[i], targets[i], scale, to + i * classes);
      }
    }
  });
}

struct CrossEntropy : torch::autograd::Function<CrossEntropy> {
  static Tensor forward(AutogradContext* ctx, const Tensor& given, const Tensor& givenTarget,
                        bool mean, int64_t ignoreIndex) {
    RECORD_FUNCTION("enas::cross_entropy", {});
    const Tensor logits = given.contiguous();
    const Tensor target = givenTarget.contiguous();
    const Tensor counted = target.ne(ignoreIndex);
    const Tensor wrong = counted.logical_and(target.lt(0).logical_or(target.ge(logits.size(1))));
    TORCH_CHECK_INDEX(!wrong.any().item<bool>(), "Target ",
                      target.masked_select(wrong)[0].item<int64_t>(), " is out of bounds.");
    Tensor logSumExp = at::empty({logits.size(0)}, logits.options().dtype(at::kFloat));
    Tensor each = at::empty_like(logSumExp);
    forType(*crossEntropyKernels(), logits.scalar_type(), [&](const auto& kernels, auto) {
      losses(kernels, logits, target, ignoreIndex, logSumExp, each);
    });
    const int64_t count = counted.sum().item<int64_t>();
    ctx->save_for_backward({logits, target, logSumExp});
    ctx->saved_data["count"] = mean ? count : 1;
    ctx->saved_data["ignoreIndex"] = ignoreIndex;
    const Tensor total = each.sum(at::kDouble);
    return (mean ? total / count : total).to(at::kFloat);
  }

  static variable_list backward(AutogradContext* ctx, variable_list received) {
    RECORD_FUNCTION("enas::cross_entropy_backward", {});
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "crossEntropy: it has first derivatives only; createGraph asks for second ones");
    TORCH_CHECK(crossEntropyKernels() != nullptr,
                "crossEntropy: setSimd was called between a run and its backward");
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &logits = saved[0], &target = saved[1], &logSumExp = saved[2];
    const auto scale = static_cast<float>(received[0].item<double>() /
                                          static_cast<double>(ctx->saved_data["count"].toInt()));
    const int64_t ignoreIndex = ctx->saved_data["ignoreIndex"].toInt();
    Tensor gradient = at::empty_like(logits);
    forType(*crossEntropyKernels(), logits.scalar_type(), [&](const auto& kernels, auto) {
      gradients(kernels, logits, target, ignoreIndex, logSumExp, scale, gradient);
    });
    return {gradient, Tensor(), Tensor(), Tensor()};
  }
};

bool fits(const Tensor& logits, const Tensor& target, const std::optional<Tensor>& weight,
          int64_t reduction, double labelSmoothing) {
  return crossEntropyKernels() != nullptr && isPlain(logits) && isPlain(target) &&
         isFloatOrBf16(logits) && logits.dim() == 2 && logits.size(1) > 0 && target.dim() == 1 &&
         target.size(0) == logits.size(0) && target.scalar_type() == at::kLong &&
         !weight.has_value() && reduction != at::Reduction::None && labelSmoothing == 0;
}

}  // namespace

Tensor crossEntropy(const Tensor& logits, const Tensor& target, const std::optional<Tensor>& weight,
                    int64_t reduction, int64_t ignoreIndex, double labelSmoothing) {
  if (fits(logits, target, weight, reduction, labelSmoothing)) {
    return CrossEntropy::apply(logits, target, reduction == at::Reduction::Mean, ignoreIndex);
  }
  const bool bf16 = logits.scalar_type() == at::kBFloat16;
  return at::cross_entropy_loss(bf16 ? logits.to(at::kFloat) : logits, target, weight, reduction,
                                ignoreIndex, labelSmoothing);
}

}  // namespace kernels
