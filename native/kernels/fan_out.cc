#include "kernels/fan_out.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/graph_task.h>

#include <utility>

#include "kernels/pointwise.h"
#include "kernels/pointwise_rows.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LeftPart {
  GradientPart part;
  int64_t weight;  // among the fan-out's; -1 = none of them
};

struct Parts : torch::CustomClassHolder {
  std::vector<LeftPart> parts;
  // The backward pass that left them: what one that failed left is not the next one's.
  int task = -1;
};

Parts& partsOf(AutogradContext& context) {
  return static_cast<Parts&>(*context.saved_data.at("parts").toCapsule());
}

void add(Tensor& sum, const Tensor& gradient) { sum = sum.defined() ? sum + gradient : gradient; }

struct FanOutFunction : torch::autograd::Function<FanOutFunction> {
  // x, then the weights.
  static variable_list forward(AutogradContext* context, at::TensorList tensors) {
    // A gradient that no operator gave one by one is no gradient of zeros.
    context->set_materialize_grads(false);
    context->save_for_backward({tensors[0]});
    context->saved_data["parts"] = c10::IValue::make_capsule(c10::make_intrusive<Parts>());
    return tensors.vec();
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const std::vector<LeftPart> left = std::exchange(partsOf(*context).parts, {});
    if (left.empty()) return gradients;
    RECORD_FUNCTION("enas::fan_out_backward", {});
    const Tensor x = context->get_saved_variables()[0];
    Tensor& dx = gradients[0];
    if (dx.defined()) dx = dx.to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    // The relu of x is the mask of what went through it alone.
    for (const bool relu : {true, false}) addParts(context, left, x, relu, gradients);
    return gradients;
  }

 private:
  static void addParts(AutogradContext* context, const std::vector<LeftPart>& left, const Tensor& x,
                       bool relu, variable_list& gradients) {
    std::vector<PointwiseReader> readers;
    std::vector<int64_t> weights;
    for (const auto& [part, weight] : left) {
      if (part.relu != relu) continue;
      const bool wanted = weight >= 0 && context->needs_input_grad(1 + weight);
      readers.push_back({part.dy, part.weight, wanted});
      weights.push_back(1 + weight);
    }
    if (readers.empty()) return;
    Tensor* const dx = context->needs_input_grad(0) ? &gradients[0] : nullptr;
    const std::vector<Tensor> dWeights = pointwiseReadersBackward(x, relu, readers, dx);
    for (size_t i = 0; i < readers.size(); ++i) {
      if (readers[i].wanted) add(gradients[weights[i]], dWeights[i]);
    }
  }
};

using FanOutNode = torch::autograd::CppNode<FanOutFunction>;

// Whether the pass under way runs a node and does not give out the gradient that comes to it.
bool runs(torch::autograd::Node* node) {
  const auto* nodes = torch::autograd::get_current_graph_task_exec_info();
  if (nodes == nullptr || nodes->empty()) return true;
  const auto found = nodes->find(node);
  return found != nodes->end() && found->second.needed_ && !found->second.captures_;
}

}  // namespace

std::vector<Tensor> fanOut(const Tensor& x, at::TensorList weights) {
  variable_list tensors{x};
  tensors.insert(tensors.end(), weights.begin(), weights.end());
  const bool gradient = at::GradMode::is_enabled() && x.requires_grad();
  if (!gradient || !pointwiseReads(x)) return tensors;
  return FanOutFunction::apply(at::TensorList(tensors));
}

Left leavePart(const Tensor& x, const GradientPart& part) {
  auto* node = dynamic_cast<FanOutNode*>(x.grad_fn().get());
  if (node == nullptr || x.output_nr() != 0 || !runs(node)) return Left::nothing;
  Parts& left = partsOf(node->ctx_);
  const int task = torch::autograd::get_current_graph_task_id();
  if (std::exchange(left.task, task) != task) left.parts.clear();
  const bool both = part.weight.grad_fn().get() == node;
  left.parts.push_back({part, both ? static_cast<int64_t>(part.weight.output_nr()) - 1 : -1});
  return both ? Left::bothGradients : Left::inputGradient;
}

}  // namespace kernels
