#include "kernels/linear.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/matmul.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight) {
    RECORD_FUNCTION("enas::linear", {});
    context->save_for_backward({x, weight});
    return matmul(x, weight.t(), x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, variable_list received) {
    RECORD_FUNCTION("enas::linear_backward", {});
    const variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    const Tensor dy = received[0].contiguous();
    // For gradients of gradients, operators that have them.
    const bool again = c10::GradMode::is_enabled();
    const auto product = [again](const Tensor& a, const Tensor& b, at::ScalarType dtype) {
      return again ? at::mm(a, b.to(a.scalar_type())).to(dtype) : matmul(a, b, dtype);
    };
    return {
        context->needs_input_grad(0) ? product(dy, weight, x.scalar_type()) : Tensor(),
        context->needs_input_grad(1) ? product(dy.t(), x, weight.scalar_type()) : Tensor(),
    };
  }
};

}  // namespace

Tensor linear(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) {
  const at::ScalarType dtype = input.scalar_type();
  const bool fits = !bias && input.dim() == 2 && weight.dim() == 2 && dtype == at::kBFloat16 &&
                    matmulFits(input, weight.t());
  if (fits) return LinearFunction::apply(input, weight);
  const auto alike = [dtype](const Tensor& of) {
    const bool mixed = dtype == at::kBFloat16 && of.scalar_type() == at::kFloat;
    return mixed ? of.to(dtype) : of;
  };
  return at::linear(input, alike(weight), bias ? std::optional(alike(*bias)) : bias);
}

}  // namespace kernels
