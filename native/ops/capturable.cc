#include <c10/core/GradMode.h>

#include "ops/register.h"

namespace ops {

using at::Tensor;
using Tensors = std::vector<Tensor>;

void registerCapturable(binding::Exports& e) {
  // sgdStep with what changes from step to step on the device: a captured graph reads the rate when
  // it runs, where a number would stay what it was when it was captured. Where `skip` is 1, nothing
  // moves.
  e.op<[](const Tensors& params, const Tensors& momenta, const Tensor& lr, const Tensor& skip,
          double momentum, double weightDecay, bool nesterov) {
    const c10::NoGradGuard noGrad;
    for (const Tensor& scalar : {lr, skip}) {
      TORCH_CHECK(scalar.numel() == 1 && scalar.scalar_type() == at::kFloat,
                  "expected lr and skip to be float32 scalars, got ", scalar.scalar_type(), " of ",
                  scalar.sizes());
    }
    TORCH_CHECK(momentum == 0 || momenta.size() == params.size(),
                "expected a momentum buffer for each of ", params.size(), " parameters, got ",
                momenta.size());
    Tensors values, grads;
    for (size_t i = 0; i < params.size(); ++i) {
      const Tensor& grad = params[i].grad();
      // Which parameters move is captured too, so all of them must.
      TORCH_CHECK(grad.defined(), "parameter ", i, " has no gradient");
      // The fused step walks memories side by side and never looks at strides.
      TORCH_CHECK(params[i].is_non_overlapping_and_dense(), "parameter ", i,
                  " has elements that lie apart or share memory");
      TORCH_CHECK(params[i].strides() == grad.strides() && params[i].sizes() == grad.sizes() &&
                      (momentum == 0 || (momenta[i].strides() == grad.strides() &&
                                         momenta[i].sizes() == grad.sizes())),
                  "parameter ", i, ", its gradient and its momentum are not laid out alike");
      values.push_back(params[i].detach());
      grads.push_back(grad);
    }
    if (values.empty()) return;
    // 0.0 where there are no buffers, not the momentum, which may be a denormal number: equal to
    // zero for this thread if it flushes them, but libtorch's other threads would look for buffers.
    at::_fused_sgd_(values, grads, momentum == 0 ? Tensors() : momenta, weightDecay,
                    momentum == 0 ? 0.0 : momentum, lr, 0.0, nesterov, false, false, std::nullopt,
                    skip);
  }>("sgdStepCapturable(params, momenta, lr, skip, momentum, weightDecay, nesterov)");
}

}  // namespace ops
