#include <torch/csrc/autograd/autograd.h>

#include "ops/register.h"

namespace ops {

using at::Tensor;

namespace {

// libtorch itself takes any gradient that can be summed to the shape: a mistake would go unnoticed.
void checkShape(const Tensor& of, const Tensor& gradient) {
  TORCH_CHECK(of.sizes() == gradient.sizes(), "expected a gradient of shape ", of.sizes(), ", got ",
              gradient.sizes());
}

}  // namespace

void registerAutograd(binding::Exports& e) {
  e.op<[](bool enabled) {
    const bool before = at::GradMode::is_enabled();
    at::GradMode::set_enabled(enabled);
    return before;
  }>("setGradEnabled(enabled)");
  e.op<[](const Tensor& x) { return x.requires_grad(); }>("requiresGrad(input)");
  e.op<[](Tensor x, bool on) { x.requires_grad_(on); }>("requiresGrad_(input, requiresGrad)");
  e.op<[](const Tensor& x) { return x.is_leaf(); }>("isLeaf(input)");
  e.op<[](const Tensor& x) { return x.detach(); }>("detach(input)");
  e.op<[](const Tensor& x) { return x.grad(); }>("getGrad(input)");
  e.op<[](Tensor x, const std::optional<Tensor>& grad) {
    if (grad) {
      TORCH_CHECK(!grad->is_same(x), "expected a tensor other than the one it is the gradient of");
      TORCH_CHECK(grad->scalar_type() == x.scalar_type() && grad->device() == x.device(),
                  "expected a gradient of the tensor's dtype and device, ", x.scalar_type(), " on ",
                  x.device(), ", got ", grad->scalar_type(), " on ", grad->device());
      checkShape(x, *grad);
    }
    x.mutable_grad() = grad.value_or(Tensor());
  }>("setGrad(input, grad)");
  e.op<[](const Tensor& x, const std::optional<Tensor>& gradient, bool retainGraph,
          bool createGraph) {
    if (gradient) checkShape(x, *gradient);
    x.backward(gradient.value_or(Tensor()), retainGraph, createGraph);
  }>("backward(input, gradient, retainGraph, createGraph)");
  e.op<[](const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
          const std::optional<std::vector<Tensor>>& gradOutputs, bool retainGraph, bool createGraph,
          bool allowUnused) {
    TORCH_CHECK(!outputs.empty() && !inputs.empty(),
                "expected one output and one input or more, got ", outputs.size(), " and ",
                inputs.size());
    if (gradOutputs) {
      TORCH_CHECK(gradOutputs->size() == outputs.size(), "expected a gradient for each of ",
                  outputs.size(), " outputs, got ", gradOutputs->size());
      for (size_t i = 0; i < outputs.size(); ++i) checkShape(outputs[i], (*gradOutputs)[i]);
    }
    return torch::autograd::grad(outputs, inputs, gradOutputs.value_or(std::vector<Tensor>()),
                                 retainGraph, createGraph, allowUnused);
  }>("grad(outputs, inputs, gradOutputs, retainGraph, createGraph, allowUnused)");
}

}  // namespace ops
