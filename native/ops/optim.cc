#include <c10/core/GradMode.h>

#include "kernels/sgd.h"
#include "ops/register.h"

namespace ops {
namespace {

using at::Tensor;
using Tensors = std::vector<Tensor>;

// Whether two tensors of one shape have their elements in the same order in memory. The stride of a
// dimension of size 1 says nothing: the gradient of a 1x1 convolution often has another one there.
bool sameOrder(const Tensor& a, const Tensor& b) {
  if (!a.is_non_overlapping_and_dense() || !b.is_non_overlapping_and_dense()) return false;
  for (int64_t dim = 0; dim < a.dim(); ++dim) {
    if (a.size(dim) != 1 && a.stride(dim) != b.stride(dim)) return false;
  }
  return true;
}

// Fused optimisers walk the memory of parameter, gradient and state side by side and
// never look at strides: with layouts that differ they would pair the wrong elements.
void checkSideBySide(const Tensors& params, const Tensors& others, const char* what) {
  TORCH_CHECK(params.size() == others.size(), "expected as many ", what, " as parameters (",
              params.size(), "), got ", others.size());
  for (size_t i = 0; i < params.size(); ++i) {
    const Tensor& param = params[i];
    const Tensor& other = others[i];
    TORCH_CHECK(other.defined() && param.sizes() == other.sizes() &&
                    param.scalar_type() == other.scalar_type(),
                what, " ", i, " does not have its parameter's shape and dtype");
    TORCH_CHECK(sameOrder(param, other), what, " ", i,
                " does not have its parameter's memory format");
  }
}

// Parameters that have a gradient, with it and their optimiser state.
struct Touched {
  Tensors params, grads, first, second, steps;
};

Touched touched(const Tensors& params, const Tensors& first, const Tensors& second = {},
                const Tensors& steps = {}) {
  Touched t;
  for (size_t i = 0; i < params.size(); ++i) {
    const Tensor& grad = params[i].grad();
    if (!grad.defined()) continue;
    t.params.push_back(params[i].detach());
    t.grads.push_back(grad);
    if (i < first.size()) t.first.push_back(first[i]);
    if (i < second.size()) t.second.push_back(second[i]);
    if (i < steps.size()) t.steps.push_back(steps[i]);
  }
  return t;
}

}  // namespace

void registerOptim(binding::Exports& e) {
  // g ← g + wd·w;  v ← μ·v + g;  w ← w − lr·(nesterov ? g + μ·v : v)
  e.op<[](const Tensors& params, const Tensors& momenta, double lr, double momentum,
          double weightDecay, bool nesterov, double maxNorm, bool zeroGrads) {
    const c10::NoGradGuard noGrad;
    const Touched t = touched(params, momentum == 0 ? Tensors() : momenta);
    if (t.params.empty()) return;
    checkSideBySide(t.params, t.grads, "gradients");
    if (momentum != 0) checkSideBySide(t.params, t.first, "momentum buffers");
    // Buffers start at zero, which with no dampening is the same as PyTorch's first step.
    const kernels::Sgd sgd{lr, momentum, weightDecay, nesterov, maxNorm, zeroGrads};
    kernels::sgdStep(t.params, t.grads, t.first, sgd);
  }>("sgdStep(params, momenta, lr, momentum, weightDecay, nesterov, maxNorm, zeroGrads)");
  // Adam (Kingma & Ba 2015) with weight decay added to the gradient. `steps` hold the number of
  // steps each parameter has taken, and are counted up here.
  e.op<[](const Tensors& params, const Tensors& averages, const Tensors& squares,
          const Tensors& steps, double lr, double beta1, double beta2, double eps,
          double weightDecay) {
    const c10::NoGradGuard noGrad;
    Touched t = touched(params, averages, squares, steps);
    if (t.params.empty()) return;
    checkSideBySide(t.params, t.grads, "gradients");
    checkSideBySide(t.params, t.first, "averages");
    checkSideBySide(t.params, t.second, "squared averages");
    TORCH_CHECK(t.steps.size() == t.params.size(), "expected a step count for each parameter");
    for (const Tensor& count : t.steps) {
      TORCH_CHECK(count.numel() == 1 && count.scalar_type() == at::kFloat,
                  "expected step counts of one float32 each, got ", count.scalar_type(), " of ",
                  count.sizes());
    }
    at::_foreach_add_(t.steps, 1);
    at::_fused_adam_(t.params, t.grads, t.first, t.second, {}, t.steps, lr, beta1, beta2,
                     weightDecay, eps, false, false);
  }>("adamStep(params, averages, squares, steps, lr, beta1, beta2, eps, weightDecay)");
  // Scales the gradients so that their global L2 norm is at most maxNorm; gives the norm before.
  // Nothing is read back to the host.
  e.op<[](const Tensors& params, double maxNorm) {
    const c10::NoGradGuard noGrad;
    const Touched t = touched(params, {});
    return t.grads.empty() ? at::zeros({}) : kernels::clipGradNorm(t.grads, maxNorm);
  }>("clipGradNorm(params, maxNorm)");
  e.op<[](const Tensors& params) {
    for (Tensor param : params) param.mutable_grad() = Tensor();
  }>("clearGrads(params)");
  // Gradients as views into one arena, each in its parameter's memory format.
  e.op<[](const Tensors& params, const Tensor& arena, int64_t alignment) {
    TORCH_CHECK(arena.dim() == 1 && arena.is_contiguous(),
                "expected a contiguous arena of one dimension");
    TORCH_CHECK(alignment > 0, "expected a positive alignment, got ", alignment);
    int64_t offset = 0;
    for (const Tensor& param : params) {
      TORCH_CHECK(param.is_leaf() && param.is_non_overlapping_and_dense(),
                  "expected dense leaves as parameters");
      TORCH_CHECK(param.scalar_type() == arena.scalar_type() && param.device() == arena.device(),
                  "expected parameters of the arena's dtype and device");
      TORCH_CHECK(offset + param.numel() <= arena.numel(), "expected an arena of at least ",
                  offset + param.numel(), " elements, got ", arena.numel());
      param.mutable_grad() = arena.as_strided(param.sizes(), param.strides(), offset);
      offset += (param.numel() + alignment - 1) / alignment * alignment;
    }
  }>("layGrads(params, arena, alignment)");
  e.op<[](const Tensors& tensors) {
    const c10::NoGradGuard noGrad;
    if (!tensors.empty()) at::_foreach_zero_(tensors);
  }>("zeroAll(tensors)");
}

}  // namespace ops
