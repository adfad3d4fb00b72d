#include "kernels/highway.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/elements.h"
#include "kernels/plain.h"
#include "kernels/simd/recurrence.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kElementsAtOnce = 16384;

template <typename T>
T* rowOf(const Tensor& tensor, int64_t row) {
  return tensor.defined() ? mutableElements<T>(tensor) + row * tensor.size(1) : nullptr;
}

template <typename T>
void forwardOf(const RecurrenceTable<T>& kernels, const Tensor& z, const Tensor& carry,
               int64_t activation, const Tensor& activated, const Tensor& result) {
  const int64_t half = result.size(1);
  const int64_t grain = std::max<int64_t>(1, kElementsAtOnce / half);
  at::parallel_for(0, z.size(0), grain, [&](int64_t begin, int64_t end) {
    const T* pre = rowOf<T>(z, begin);
    HighwayForward<T> a{};
    a.rows = end - begin;
    a.columns = a.half = half;
    a.activation = static_cast<Highway>(activation);
    a.addends = &pre;
    a.addendCount = 1;
    a.addendStride = a.activatedStride = 2 * half;
    a.carry = rowOf<T>(carry, begin);
    a.activated = rowOf<T>(activated, begin);
    a.result = rowOf<T>(result, begin);
    a.carryStride = a.resultStride = half;
    kernels.highwayForward(a);
  });
}

template <typename T>
void backwardOf(const RecurrenceTable<T>& kernels, const Tensor& gradient, const Tensor& activated,
                const Tensor& carry, int64_t activation, const Tensor& dz, const Tensor& dcarry) {
  const int64_t half = gradient.size(1);
  const int64_t grain = std::max<int64_t>(1, kElementsAtOnce / half);
  at::parallel_for(0, gradient.size(0), grain, [&](int64_t begin, int64_t end) {
    HighwayBackward<T, T> a{};
    a.rows = end - begin;
    a.columns = a.half = half;
    a.activation = static_cast<Highway>(activation);
    a.gradient = rowOf<T>(gradient, begin);
    a.activated = rowOf<T>(activated, begin);
    a.activatedStride = a.preStride = 2 * half;
    a.carry = rowOf<T>(carry, begin);
    a.pre = rowOf<T>(dz, begin);
    a.carryGradient = rowOf<T>(dcarry, begin);
    a.gradientStride = a.carryStride = a.carryGradientStride = half;
    a.first = true;
    kernels.highwayBackwardKept(a);
  });
}

struct HighwayUnit : torch::autograd::Function<HighwayUnit> {
  static Tensor forward(AutogradContext* ctx, const Tensor& givenZ,
                        const std::optional<Tensor>& givenCarry, int64_t activation, bool save) {
    RECORD_FUNCTION("enas::highway", {});
    const Tensor z = givenZ.contiguous();
    const Tensor carry = givenCarry ? givenCarry->contiguous() : Tensor();
    const Tensor activated = save ? at::empty_like(z) : Tensor();
    const Tensor result = at::empty({z.size(0), z.size(1) / 2}, z.options());
    forType(*recurrenceKernels(), z.scalar_type(), [&](const auto& kernels, auto) {
      forwardOf(kernels, z, carry, activation, activated, result);
    });
    if (save) ctx->save_for_backward({activated, carry});
    ctx->saved_data["activation"] = activation;
    return result;
  }

  static variable_list backward(AutogradContext* ctx, variable_list received) {
    RECORD_FUNCTION("enas::highway_backward", {});
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "highway: it has first derivatives only; createGraph asks for second ones");
    TORCH_CHECK(recurrenceKernels() != nullptr,
                "highway: setSimd was called between a run and its backward");
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &activated = saved[0], &carry = saved[1];
    const Tensor gradient = received[0].contiguous();
    const Tensor dz = at::empty_like(activated);
    const Tensor dcarry = carry.defined() ? at::empty_like(carry) : Tensor();
    const int64_t activation = ctx->saved_data["activation"].toInt();
    forType(*recurrenceKernels(), activated.scalar_type(), [&](const auto& kernels, auto) {
      backwardOf(kernels, gradient, activated, carry, activation, dz, dcarry);
    });
    return {dz, dcarry, Tensor(), Tensor()};
  }
};

bool fits(const Tensor& z, const std::optional<Tensor>& carry) {
  if (recurrenceKernels() == nullptr || !isPlain(z) || !isFloatOrBf16(z)) return false;
  if (z.dim() != 2 || z.numel() == 0 || z.size(1) % 2 != 0) return false;
  return !carry ||
         (isPlain(*carry) && carry->scalar_type() == z.scalar_type() && carry->dim() == 2 &&
          carry->size(0) == z.size(0) && carry->size(1) == z.size(1) / 2);
}

Tensor activate(const Tensor& x, Highway activation) {
  switch (activation) {
    case Highway::tanh:
      return x.tanh();
    case Highway::relu:
      return x.relu();
    case Highway::sigmoid:
      return x.sigmoid();
    case Highway::identity:
      return x;
  }
  return x;
}

}  // namespace

Tensor highway(const Tensor& z, const std::optional<Tensor>& carry, int64_t activation) {
  TORCH_CHECK(activation >= 0 && activation < 4, "highway: expected an activation of 0 to 3, got ",
              activation);
  if (fits(z, carry)) {
    const bool save =
        c10::GradMode::is_enabled() && (z.requires_grad() || (carry && carry->requires_grad()));
    return HighwayUnit::apply(z, carry, activation, save);
  }
  TORCH_CHECK(z.dim() == 2 && z.size(1) % 2 == 0, "highway: expected z [N, 2H], got ", z.sizes());
  const std::vector<Tensor> halves = z.chunk(2, 1);
  const Tensor c = halves[0].sigmoid();
  const Tensor f = activate(halves[1], static_cast<Highway>(activation));
  return carry ? *carry + c * (f - *carry) : c * f;
}

}  // namespace kernels
