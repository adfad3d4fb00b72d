#include "kernels/sum.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>

#include "kernels/elements.h"
#include "kernels/plain.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Elements that are added at a time, so that their sums stay in the first-level cache.
constexpr int64_t kBlock = 1024;
// Elements that are worth a thread.
constexpr int64_t kGrain = 1 << 15;

bool fits(at::TensorList tensors) {
  const Tensor& first = tensors[0];
  if (!isFloatOrBf16(first)) return false;
  return std::all_of(tensors.begin(), tensors.end(), [&](const Tensor& x) {
    return isPlain(x) && x.scalar_type() == first.scalar_type() && x.sizes() == first.sizes() &&
           x.strides() == first.strides() && x.is_non_overlapping_and_dense();
  });
}

template <typename T>
void addAll(at::TensorList tensors, const Tensor& result) {
  std::vector<const T*> from;
  for (const Tensor& x : tensors) from.push_back(elements<T>(x));
  T* to = mutableElements<T>(result);
  at::parallel_for(0, result.numel(), kGrain, [&](int64_t begin, int64_t end) {
    std::array<float, kBlock> sums;
    for (int64_t at = begin; at < end; at += kBlock) {
      const int64_t count = std::min(kBlock, end - at);
      for (int64_t i = 0; i < count; ++i) sums[i] = static_cast<float>(from[0][at + i]);
      for (size_t k = 1; k < from.size(); ++k) {
        const T* more = from[k] + at;
        for (int64_t i = 0; i < count; ++i) sums[i] += static_cast<float>(more[i]);
      }
      for (int64_t i = 0; i < count; ++i) to[at + i] = static_cast<T>(sums[i]);
    }
  });
}

struct Sum : torch::autograd::Function<Sum> {
  static Tensor forward(AutogradContext* ctx, at::TensorList tensors) {
    RECORD_FUNCTION("enas::sum_of", {});
    ctx->set_materialize_grads(false);
    ctx->saved_data["count"] = static_cast<int64_t>(tensors.size());
    // Dense strides are kept as they are, whatever memory format they are.
    Tensor result = at::empty_like(tensors[0]);
    if (result.scalar_type() == at::kFloat) {
      addAll<float>(tensors, result);
    } else {
      addAll<at::BFloat16>(tensors, result);
    }
    return result;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    return variable_list(static_cast<size_t>(ctx->saved_data["count"].toInt()), gradients[0]);
  }
};

}  // namespace

Tensor sumOf(at::TensorList tensors) {
  TORCH_CHECK(!tensors.empty(), "expected one tensor or more, got none");
  if (tensors.size() > 2 && fits(tensors)) return Sum::apply(tensors);
  Tensor total = tensors[0];
  for (const Tensor& x : tensors.slice(1)) total = at::add(total, x);
  return total;
}

}  // namespace kernels
