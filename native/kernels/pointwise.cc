#include "kernels/pointwise.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/fan_out.h"
#include "kernels/plain.h"
#include "kernels/pointwise_rows.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// relu?(y + bias?)
Tensor finished(Tensor y, const PointwiseOptions& options) {
  if (options.bias) y = y + options.bias->to(y.scalar_type()).view({-1, 1, 1});
  return options.relu ? at::relu(y) : y;
}

// Side by side along the channels.
Tensor joined(at::TensorList tensors) {
  return tensors.size() == 1 ? tensors[0] : at::cat(tensors, 1);
}

Tensor composed(at::TensorList inputs, at::TensorList weights, const PointwiseOptions& options) {
  const Tensor x = options.inputRelu ? at::relu(joined(inputs)) : joined(inputs);
  auto bias = options.bias;
  if (bias) bias = bias->to(x.scalar_type());
  const Tensor y = at::conv2d(x, joined(weights).to(x.scalar_type()), bias);
  return options.relu ? at::relu(y) : y;
}

// By operators that have gradients of their own, for gradients of gradients.
variable_list composedGradients(at::TensorList inputs, at::TensorList weights, bool relu,
                                const Tensor& dy) {
  variable_list gradients;
  const Tensor weight = joined(weights).to(dy.scalar_type());
  int64_t first = 0;
  for (const Tensor& x : inputs) {
    const Tensor dx = at::conv2d(dy, weight.narrow(1, first, x.size(1)).transpose(0, 1));
    gradients.push_back(relu ? at::threshold_backward(dx, x, 0) : dx);
    first += x.size(1);
  }
  const Tensor dyRows = dy.permute({1, 0, 2, 3}).flatten(1);
  const Tensor x = relu ? at::relu(joined(inputs)) : joined(inputs);
  const Tensor dWeight = at::matmul(dyRows, x.permute({0, 2, 3, 1}).flatten(0, 2));
  first = 0;
  for (const Tensor& w : weights) {
    const Tensor columns = dWeight.narrow(1, first, w.size(1));
    gradients.push_back(columns.to(w.scalar_type()).view_as(w));
    first += w.size(1);
  }
  return gradients;
}

struct PointwiseFunction : torch::autograd::Function<PointwiseFunction> {
  // The inputs, `count` of them, then the weights.
  static Tensor forward(AutogradContext* context, at::TensorList tensors, int64_t count,
                        bool relu) {
    RECORD_FUNCTION("enas::pointwise", {});
    context->save_for_backward(tensors.vec());
    context->saved_data["count"] = count;
    context->saved_data["relu"] = relu;
    return pointwiseForward(tensors.slice(0, count), tensors.slice(count), {.inputRelu = relu});
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    RECORD_FUNCTION("enas::pointwise_backward", {});
    const variable_list saved = context->get_saved_variables();
    const bool relu = context->saved_data["relu"].toBool();
    const at::TensorList tensors(saved);
    const auto count = static_cast<size_t>(context->saved_data["count"].toInt());
    const at::TensorList inputs = tensors.slice(0, count);
    const at::TensorList weights = tensors.slice(count);
    variable_list result;
    if (at::GradMode::is_enabled()) {
      result = composedGradients(inputs, weights, relu, gradients[0]);
    } else {
      const Tensor dy =
          gradients[0].to(inputs[0].scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
      std::vector<bool> wanted;
      for (size_t i = 0; i < saved.size(); ++i) wanted.push_back(context->needs_input_grad(i));
      int64_t first = 0;
      for (size_t i = 0; i < count; ++i) {
        const int64_t channels = inputs[i].size(1);
        const Tensor weight =
            count == weights.size() ? weights[i] : weights[0].narrow(1, first, channels);
        if (wanted[i]) {
          const Left left = leavePart(inputs[i], {dy, weight, relu});
          wanted[i] = left == Left::nothing;
          if (left == Left::bothGradients) wanted[count + i] = false;
        }
        first += channels;
      }
      const bool any = std::find(wanted.begin(), wanted.end(), true) != wanted.end();
      result =
          any ? pointwiseBackward(inputs, weights, relu, dy, wanted) : variable_list(saved.size());
    }
    result.emplace_back();  // count
    result.emplace_back();  // relu
    return result;
  }
};

}  // namespace

bool pointwiseReads(const Tensor& x) {
  return isPlain(x) && x.dim() == 4 && x.numel() > 0 && pointwiseHasKernel(x.scalar_type()) &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

bool pointwiseFits(at::TensorList inputs, at::TensorList weights) {
  if (inputs.empty() || (weights.size() != inputs.size() && weights.size() != 1)) return false;
  const at::ScalarType type = inputs[0].scalar_type();
  int64_t channels = 0;
  for (const Tensor& x : inputs) {
    const bool fits = pointwiseReads(x) && x.scalar_type() == type &&
                      x.size(0) == inputs[0].size(0) && x.size(2) == inputs[0].size(2) &&
                      x.size(3) == inputs[0].size(3);
    if (!fits) return false;
    channels += x.size(1);
  }
  const bool single = weights.size() == 1;
  for (size_t i = 0; i < weights.size(); ++i) {
    const Tensor& w = weights[i];
    const bool fits = isPlain(w) && w.dim() == 4 && hasWeightDtype(w, type) && w.numel() > 0 &&
                      w.size(0) == weights[0].size(0) &&
                      w.size(1) == (single ? channels : inputs[i].size(1)) && w.size(2) == 1 &&
                      w.size(3) == 1;
    if (!fits) return false;
  }
  return true;
}

Tensor pointwise(at::TensorList inputs, at::TensorList weights, const PointwiseOptions& options) {
  const bool enough = weights.size() == inputs.size() || weights.size() == 1;
  TORCH_CHECK(!inputs.empty() && enough,
              "expected one input or more and a weight for each or for all, got ", inputs.size(),
              " and ", weights.size());
  if (const auto& bias = options.bias) {
    const int64_t out = weights[0].dim() == 0 ? 0 : weights[0].size(0);
    TORCH_CHECK(bias->dim() == 1 && bias->size(0) == out && bias->device() == inputs[0].device(),
                "expected a bias [", out, "] on ", inputs[0].device(), ", got ", bias->sizes(),
                " on ", bias->device());
  }
  if (!pointwiseFits(inputs, weights)) return composed(inputs, weights, options);
  variable_list tensors = inputs.vec();
  bool gradient = false;
  for (const Tensor& w : weights) tensors.push_back(w);
  for (const Tensor& t : tensors) gradient = gradient || t.requires_grad();
  gradient = gradient || (options.bias && options.bias->requires_grad());
  if (!gradient || !at::GradMode::is_enabled()) return pointwiseForward(inputs, weights, options);
  return finished(PointwiseFunction::apply(at::TensorList(tensors),
                                           static_cast<int64_t>(inputs.size()), options.inputRelu),
                  options);
}

}  // namespace kernels
