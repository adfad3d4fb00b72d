#include "kernels/embedding.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/graph_task.h>

#include <algorithm>
#include <vector>

#include "kernels/elements.h"
#include "kernels/plain.h"

namespace kernels {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Elements that are worth a thread.
constexpr int64_t kGrain = 1 << 15;

// The gradient of a weight of V rows as the rows of it that are not zero, from those of what was
// read [N, E]: a tensor of V × E zeros, and the addition of it, cost more than all else in backward
// where a vocabulary is much larger than what is read of it.
Tensor sparseGradient(const Tensor& gradient, const Tensor& indices, int64_t vocabulary) {
  const auto* const index = indices.const_data_ptr<int64_t>();
  const int64_t count = indices.numel(), width = gradient.size(1);
  // Reads in the order of the rows that they read, as they came where they read the same.
  std::vector<int64_t> last(static_cast<size_t>(vocabulary) + 1);
  for (int64_t i = 0; i < count; ++i) ++last[index[i] + 1];
  std::vector<int64_t> rows, first;
  for (int64_t row = 0, before = 0; row < vocabulary; ++row) {
    if (last[row + 1] > 0) {
      rows.push_back(row);
      first.push_back(before);
    }
    before += last[row + 1];
    last[row + 1] = before;
  }
  first.push_back(count);
  std::vector<int64_t> reads(count);
  for (int64_t i = 0; i < count; ++i) reads[last[index[i]]++] = i;

  const auto found = static_cast<int64_t>(rows.size());
  Tensor values = at::empty({found, width}, gradient.options());
  const float* const from = elements<float>(gradient);
  float* const to = mutableElements<float>(values);
  at::parallel_for(0, found, std::max<int64_t>(1, kGrain / width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* const sum = to + i * width;
      std::copy_n(from + reads[first[i]] * width, width, sum);
      for (int64_t k = first[i] + 1; k < first[i + 1]; ++k) {
        const float* const more = from + reads[k] * width;
        for (int64_t j = 0; j < width; ++j) sum[j] += more[j];
      }
    }
  });
  const Tensor at = at::from_blob(rows.data(), {1, found}, at::kLong).clone();
  return at::_sparse_coo_tensor_unsafe(at, values, {vocabulary, width}, values.options(), true);
}

struct EmbeddingFunction : torch::autograd::Function<EmbeddingFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& weight, const Tensor& indices) {
    context->save_for_backward({indices});
    // Not saved for its numbers, which an optimiser may change before backward.
    context->saved_data["weight"] = weight;
    return at::embedding(weight, indices);
  }

  static variable_list backward(AutogradContext* context, variable_list received) {
    RECORD_FUNCTION("enas::embedding_backward", {});
    const Tensor indices = context->get_saved_variables()[0];
    const Tensor weight = context->saved_data["weight"].toTensor();
    const int64_t vocabulary = weight.size(0);
    if (addsToGradient(weight)) {
      const Tensor gradient = received[0].contiguous().view({-1, weight.size(1)});
      return {sparseGradient(gradient, indices.contiguous(), vocabulary), Tensor()};
    }
    return {at::embedding_dense_backward(received[0], indices, vocabulary, -1, false), Tensor()};
  }

 private:
  // Not where a gradient is asked for as a tensor, or with a graph of its own.
  static bool addsToGradient(const Tensor& weight) {
    if (c10::GradMode::is_enabled() || !weight.is_leaf() || !weight.grad().defined()) return false;
    const auto* const asked = torch::autograd::get_current_graph_task_exec_info();
    return asked == nullptr || asked->empty();
  }
};

}  // namespace

Tensor embedding(const Tensor& weight, const Tensor& indices) {
  const bool fits = weight.dim() == 2 && isPlain(weight) && weight.scalar_type() == at::kFloat &&
                    indices.scalar_type() == at::kLong && isPlain(indices) && indices.numel() > 0 &&
                    weight.size(1) > 0;
  if (!fits || !weight.requires_grad() || !c10::GradMode::is_enabled()) {
    return at::embedding(weight, indices);
  }
  return EmbeddingFunction::apply(weight, indices);
}

}  // namespace kernels
