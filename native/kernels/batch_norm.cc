#include "kernels/batch_norm.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "kernels/batch_norm_passes.h"
#include "kernels/plain.h"
#include "kernels/simd/batch_norm.h"

namespace kernels {
namespace {

using at::Tensor;
using MaybeTensor = std::optional<Tensor>;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool given(const MaybeTensor& tensor) { return tensor.has_value() && tensor->defined(); }

bool isMatrixOfPixels(const Tensor& x) {
  return isPlain(x) && isFloatOrBf16(x) && x.numel() > 0 &&
         ((x.dim() == 2 && x.is_contiguous()) ||
          (x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast)));
}

bool isPerChannel(const MaybeTensor& tensor, int64_t channels) {
  return !given(tensor) || (isPlain(*tensor) && isFloatOrBf16(*tensor) && tensor->dim() == 1 &&
                            tensor->size(0) == channels);
}

// Updated in place, so only as what it is.
bool isRunning(const MaybeTensor& tensor, int64_t channels) {
  return isPerChannel(tensor, channels) &&
         (!given(tensor) || (tensor->scalar_type() == at::kFloat && tensor->is_contiguous() &&
                             !tensor->requires_grad()));
}

bool fits(const Tensor& x, const MaybeTensor& weight, const MaybeTensor& bias,
          const MaybeTensor& runningMean, const MaybeTensor& runningVar, const MaybeTensor& add,
          const BatchNormOptions& options) {
  if (batchNormKernels() == nullptr || !isMatrixOfPixels(x)) return false;
  const int64_t channels = x.size(1);
  return isPerChannel(weight, channels) && isPerChannel(bias, channels) &&
         isRunning(runningMean, channels) && isRunning(runningVar, channels) &&
         given(runningMean) == given(runningVar) && (options.training || given(runningMean)) &&
         (!given(add) || (isMatrixOfPixels(*add) && add->scalar_type() == x.scalar_type() &&
                          add->sizes() == x.sizes()));
}

// libtorch finds only some of these, and some of them as errors of its own.
void check(const Tensor& x, const MaybeTensor& parameter, const char* name) {
  if (!given(parameter)) return;
  TORCH_CHECK(parameter->dim() == 1 && parameter->size(0) == x.size(1), name, ": expected [",
              x.size(1), "], got ", parameter->sizes());
  TORCH_CHECK(hasWeightDtype(*parameter, x.scalar_type()), name,
              ": expected the input's dtype or float32, got ", parameter->scalar_type(), " for ",
              x.scalar_type());
}

Tensor composed(const Tensor& x, const MaybeTensor& weight, const MaybeTensor& bias,
                const MaybeTensor& runningMean, const MaybeTensor& runningVar,
                const MaybeTensor& add, const BatchNormOptions& options) {
  Tensor y = at::batch_norm(x, weight, bias, runningMean, runningVar, options.training,
                            options.momentum, options.eps, at::globalContext().userEnabledCuDNN());
  if (given(add)) y = y + *add;
  return options.relu ? y.relu() : y;
}

std::vector<float> valuesOr(float otherwise, const MaybeTensor& tensor, int64_t channels) {
  if (!given(tensor)) return std::vector<float>(static_cast<size_t>(channels), otherwise);
  const Tensor values = tensor->detach().to(at::kFloat).contiguous();
  const float* from = values.const_data_ptr<float>();
  return {from, from + channels};
}

void updateRunning(const BatchStatistics& batch, int64_t rows, double momentum, Tensor mean,
                   Tensor variance) {
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  float* means = mean.mutable_data_ptr<float>();
  float* variances = variance.mutable_data_ptr<float>();
  for (size_t c = 0; c < batch.mean.size(); ++c) {
    means[c] = static_cast<float>(momentum * batch.mean[c] + (1 - momentum) * means[c]);
    variances[c] = static_cast<float>(momentum * (batch.variance[c] * unbiased) +
                                      (1 - momentum) * variances[c]);
  }
  mean.unsafeGetTensorImpl()->bump_version();
  variance.unsafeGetTensorImpl()->bump_version();
}

BatchStatistics runningStatistics(const Tensor& mean, const Tensor& variance) {
  const float* means = mean.const_data_ptr<float>();
  const float* variances = variance.const_data_ptr<float>();
  return {{means, means + mean.size(0)}, {variances, variances + variance.size(0)}};
}

Tensor coefficientsOf(const BatchStatistics& statistics, const std::vector<float>& weight,
                      const std::vector<float>& bias, double eps) {
  const auto channels = static_cast<int64_t>(weight.size());
  Tensor all = at::empty({kCoefficients, channels}, at::kFloat);
  float* to = all.mutable_data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = statistics.mean[c];
    const auto nearest = static_cast<float>(mean);
    const double invstd = 1 / std::sqrt(statistics.variance[c] + eps);
    const double scale = weight[c] * invstd;
    to[kMean * channels + c] = nearest;
    to[kInvstd * channels + c] = static_cast<float>(invstd);
    to[kScale * channels + c] = static_cast<float>(scale);
    to[kShift * channels + c] = static_cast<float>(bias[c] - (mean - nearest) * scale);
  }
  return all;
}

Tensor perChannel(const std::vector<double>& values, at::ScalarType dtype) {
  Tensor all = at::empty({static_cast<int64_t>(values.size())}, at::kFloat);
  std::copy(values.begin(), values.end(), all.mutable_data_ptr<float>());
  return all.to(dtype);
}

// Saved: x, weight, y (only where the relu comes after an add, else the mask can be had from x) and
// the coefficients.
struct Node : torch::autograd::Function<Node> {
  static constexpr int64_t kNoEdge = -1;

  static Tensor forward(AutogradContext* ctx, const Tensor& x, const MaybeTensor& weight,
                        const MaybeTensor& bias, const MaybeTensor& add, const Tensor& coefficients,
                        const BatchNormOptions& options) {
    RECORD_FUNCTION("enas::batch_norm", {});
    Tensor y = at::empty_like(x);
    normalize(x, coefficients, given(add) ? &*add : nullptr, options.relu, y);
    const bool masksByOutput = options.relu && given(add);
    ctx->save_for_backward(
        {x, weight.value_or(Tensor()), masksByOutput ? y : Tensor(), coefficients});
    ctx->saved_data["training"] = options.training;
    ctx->saved_data["relu"] = options.relu;
    ctx->saved_data["eps"] = options.eps;
    if (given(bias)) ctx->saved_data["bias"] = static_cast<int64_t>(bias->scalar_type());
    // Which of the optional inputs are there, for they alone have edges in the graph.
    int64_t edges = 1;
    for (const auto& [name, input] :
         {std::pair{"weightEdge", &weight}, {"biasEdge", &bias}, {"addEdge", &add}}) {
      ctx->saved_data[name] = given(*input) ? edges++ : kNoEdge;
    }
    return y;
  }

  static bool wants(const AutogradContext* ctx, const char* edge) {
    const int64_t index = ctx->saved_data.at(edge).toInt();
    return index != kNoEdge && ctx->needs_input_grad(static_cast<size_t>(index));
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    RECORD_FUNCTION("enas::batch_norm_backward", {});
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &y = saved[2], &coefficients = saved[3];
    const bool relu = ctx->saved_data["relu"].toBool();
    const bool training = ctx->saved_data["training"].toBool();
    if (!gradients[0].defined()) return variable_list(6);
    if (at::GradMode::is_enabled()) {
      variable_list result =
          differentiable(saved, gradients[0], relu, training, ctx->saved_data["eps"].toDouble());
      if (!wants(ctx, "biasEdge")) result[2] = Tensor();
      if (!wants(ctx, "addEdge")) result[3] = Tensor();
      return result;
    }

    const Tensor dy = gradients[0].contiguous(x.suggest_memory_format());
    const bool recompute = relu && !y.defined();
    Tensor masked = y.defined() ? at::empty_like(dy) : dy;
    const bool wantsX = ctx->needs_input_grad(0);
    GradientSums sums;
    const bool wantsWeight = wants(ctx, "weightEdge");
    const bool wantsBias = wants(ctx, "biasEdge");
    if (y.defined() || (wantsX && training) || wantsWeight || wantsBias) {
      sums = reduceGradient(x, coefficients, dy, recompute, y.defined() ? &y : nullptr,
                            y.defined() ? &masked : nullptr);
    }

    variable_list result(6);
    const float* invstd = coefficients.const_data_ptr<float>() + kInvstd * x.size(1);
    const float* scale = coefficients.const_data_ptr<float>() + kScale * x.size(1);
    if (wantsX) {
      const auto channels = static_cast<size_t>(x.size(1));
      const double rows = static_cast<double>(x.numel() / x.size(1));
      std::vector<float> slope(channels), offset(channels);
      for (size_t c = 0; training && c < channels; ++c) {
        const double share = -static_cast<double>(scale[c]) / rows;
        slope[c] = static_cast<float>(share * invstd[c] * invstd[c] * sums.product[c]);
        offset[c] = static_cast<float>(share * sums.sum[c]);
      }
      result[0] = at::empty_like(x);
      applyGradient(x, coefficients, slope, offset, masked, recompute, result[0]);
    }
    if (wantsWeight) {
      for (size_t c = 0; c < sums.product.size(); ++c) sums.product[c] *= invstd[c];
      result[1] = perChannel(sums.product, weight.scalar_type());
    }
    if (wantsBias) {
      result[2] =
          perChannel(sums.sum, static_cast<at::ScalarType>(ctx->saved_data["bias"].toInt()));
    }
    if (wants(ctx, "addEdge")) result[3] = masked;
    return result;
  }

 private:
  // The same in ATen's operators, which have gradients of their own: where a gradient is to be
  // differentiated in turn.
  static variable_list differentiable(const variable_list& saved, const Tensor& gradient, bool relu,
                                      bool training, double eps) {
    const auto& [x, weight, y, coefficients] = std::tie(saved[0], saved[1], saved[2], saved[3]);
    const std::vector<int64_t> shape =
        x.dim() == 4 ? std::vector<int64_t>{1, -1, 1, 1} : std::vector<int64_t>{1, -1};
    Tensor dy = gradient;
    if (relu) {
      const auto row = [&](Coefficient which) { return coefficients[which].view(shape); };
      const Tensor output =
          y.defined() ? y.detach() : (x.detach() - row(kMean)) * row(kScale) + row(kShift);
      dy = dy * (output > 0);
    }
    const Tensor mean = coefficients[kMean];
    const Tensor invstd = coefficients[kInvstd];
    const auto [dx, dWeight, dBias] =
        training ? at::native_batch_norm_backward(dy, x, weight, {}, {}, mean, invstd, true, eps,
                                                  {true, weight.defined(), true})
                 : at::native_batch_norm_backward(dy, x, weight, mean, invstd.pow(-2) - eps, {}, {},
                                                  false, eps, {true, weight.defined(), true});
    return {dx, dWeight, dBias, dy, Tensor(), Tensor()};
  }
};

}  // namespace

Tensor batchNorm(const Tensor& x, const MaybeTensor& weight, const MaybeTensor& bias,
                 const MaybeTensor& runningMean, const MaybeTensor& runningVar,
                 const MaybeTensor& add, const BatchNormOptions& options) {
  TORCH_CHECK(x.dim() >= 2, "expected an input [N, C, …], got ", x.sizes());
  check(x, weight, "weight");
  check(x, bias, "bias");
  check(x, runningMean, "runningMean");
  check(x, runningVar, "runningVar");
  TORCH_CHECK(!given(runningMean) || !given(runningVar) ||
                  runningMean->scalar_type() == runningVar->scalar_type(),
              "runningVar: expected runningMean's dtype ", runningMean->scalar_type(), ", got ",
              runningVar->scalar_type());
  if (!fits(x, weight, bias, runningMean, runningVar, add, options)) {
    return composed(x, weight, bias, runningMean, runningVar, add, options);
  }
  const int64_t channels = x.size(1);
  const BatchStatistics statistics =
      options.training ? batchStatistics(x) : runningStatistics(*runningMean, *runningVar);
  if (options.training && given(runningMean)) {
    updateRunning(statistics, x.numel() / channels, options.momentum, *runningMean, *runningVar);
  }
  const Tensor coefficients = coefficientsOf(statistics, valuesOr(1, weight, channels),
                                             valuesOr(0, bias, channels), options.eps);
  return Node::apply(x, weight, bias, add, coefficients, options);
}

}  // namespace kernels
