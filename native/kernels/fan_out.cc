#include "kernels/fan_out.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/graph_task.h>

#include <utility>
#include <vector>

#include "kernels/pointwise.h"
#include "kernels/pointwise_rows.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Parts : torch::CustomClassHolder {
  std::vector<GradientPart> parts;
  // The backward pass that left them: what one that failed left is not the next one's.
  int task = -1;
};

Parts& partsOf(AutogradContext& context) {
  return static_cast<Parts&>(*context.saved_data.at("parts").toCapsule());
}

// Σ over the parts with, or without, the relu of x, plus what there is already.
Tensor summed(const std::vector<GradientPart>& parts, bool relu, const Tensor& x,
              const Tensor& already) {
  std::vector<Tensor> gradients;
  std::vector<Tensor> weights;
  for (const GradientPart& part : parts) {
    if (part.relu != relu) continue;
    gradients.push_back(part.dy);
    weights.push_back(part.weight.transpose(0, 1));
  }
  if (gradients.empty()) return already;
  return pointwiseForward(gradients, weights, {}, {relu ? x : Tensor(), already});
}

struct FanOutFunction : torch::autograd::Function<FanOutFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    // A gradient that no operator gave one by one is no gradient of zeros.
    context->set_materialize_grads(false);
    context->save_for_backward({x});
    context->saved_data["parts"] = c10::IValue::make_capsule(c10::make_intrusive<Parts>());
    return x;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const std::vector<GradientPart> parts = std::exchange(partsOf(*context).parts, {});
    Tensor dx = gradients[0];
    if (parts.empty()) return {dx};
    RECORD_FUNCTION("enas::fan_out_backward", {});
    const Tensor x = context->get_saved_variables()[0];
    if (dx.defined()) dx = dx.to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    return {summed(parts, false, x, summed(parts, true, x, dx))};
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

Tensor fanOut(const Tensor& x) {
  const bool gradient = at::GradMode::is_enabled() && x.requires_grad();
  return gradient && pointwiseReads(x) ? FanOutFunction::apply(x) : x;
}

bool leavePart(const Tensor& x, const GradientPart& part) {
  auto* node = dynamic_cast<FanOutNode*>(x.grad_fn().get());
  if (node == nullptr || !runs(node)) return false;
  Parts& left = partsOf(node->ctx_);
  const int task = torch::autograd::get_current_graph_task_id();
  if (std::exchange(left.task, task) != task) left.parts.clear();
  left.parts.push_back(part);
  return true;
}

}  // namespace kernels
