#include <torch/csrc/autograd/autograd.h>

#include "ops/register.h"

namespace ops {

using at::Tensor;

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
  e.op<[](const Tensor& x) { return x.grad(); }>("grad(input)");
  e.op<[](Tensor x, const std::optional<Tensor>& grad) {
    x.mutable_grad() = grad.value_or(Tensor());
  }>("setGrad(input, grad)");
  e.op<[](const Tensor& x, const std::optional<Tensor>& gradient, bool retainGraph,
          bool createGraph) {
    x.backward(gradient.value_or(Tensor()), retainGraph, createGraph);
  }>("backward(input, gradient, retainGraph, createGraph)");
  e.op<[](const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
          const std::optional<std::vector<Tensor>>& gradOutputs, bool retainGraph,
          bool createGraph, bool allowUnused) {
    return torch::autograd::grad(outputs, inputs, gradOutputs.value_or(std::vector<Tensor>()),
                                 retainGraph, createGraph, allowUnused);
  }>("gradOf(outputs, inputs, gradOutputs, retainGraph, createGraph, allowUnused)");
}

}  // namespace ops
