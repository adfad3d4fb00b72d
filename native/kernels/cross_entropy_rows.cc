#include "kernels/cross_entropy_rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "kernels/elements.h"
#include "kernels/plain.h"
#include "kernels/simd/cross_entropy.h"

namespace kernels {
namespace {

using at::Tensor;

constexpr int64_t kRowsAtOnce = 4;

float asFloat(float x) { return x; }
float asFloat(Bf16 x) {
  return static_cast<float>(c10::BFloat16(x.bits, c10::BFloat16::from_bits()));
}

// Calls body with the table for these logits and the rows [begin, end) that a thread is to do.
template <typename Body>
void forRows(const Tensor& logits, Body body) {
  const CrossEntropyKernels* kernels = crossEntropyKernels();
  TORCH_CHECK(kernels != nullptr,
              "crossEntropy: setSimd was called between a run and its backward");
  forType(*kernels, logits.scalar_type(), [&](const auto& table, auto) {
    at::parallel_for(0, logits.size(0), kRowsAtOnce,
                     [&](int64_t begin, int64_t end) { body(table, begin, end); });
  });
}

}  // namespace

bool crossEntropyFits(const Tensor& x, int64_t classes, const Tensor& target) {
  return crossEntropyKernels() != nullptr && isPlain(x) && isPlain(target) && isFloatOrBf16(x) &&
         x.dim() == 2 && classes > 0 && target.dim() == 1 && target.size(0) == x.size(0) &&
         target.scalar_type() == at::kLong;
}

int64_t countedTargets(const Tensor& target, int64_t classes, int64_t ignoreIndex) {
  const int64_t* targets = target.const_data_ptr<int64_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < target.size(0); ++i) {
    if (targets[i] == ignoreIndex) continue;
    TORCH_CHECK_INDEX(targets[i] >= 0 && targets[i] < classes, "Target ", targets[i],
                      " is out of bounds.");
    ++count;
  }
  return count;
}

void crossEntropyLosses(const Tensor& logits, const Tensor& target, int64_t ignoreIndex,
                        Tensor& logSumExp, Tensor& losses) {
  const int64_t classes = logits.size(1);
  const int64_t* targets = target.const_data_ptr<int64_t>();
  float* sums = logSumExp.mutable_data_ptr<float>();
  float* each = losses.mutable_data_ptr<float>();
  forRows(logits, [&]<typename T>(const CrossEntropyTable<T>& table, int64_t begin, int64_t end) {
    const T* row = elements<T>(logits) + begin * classes;
    for (int64_t i = begin; i < end; ++i, row += classes) {
      const bool ignored = targets[i] == ignoreIndex;
      sums[i] = ignored ? 0 : table.logSumExp(row, classes);
      each[i] = ignored ? 0 : sums[i] - asFloat(row[targets[i]]);
    }
  });
}

void crossEntropyGradients(const Tensor& logits, const Tensor& target, int64_t ignoreIndex,
                           const Tensor& logSumExp, float scale, Tensor& gradient) {
  const int64_t classes = logits.size(1);
  const int64_t* targets = target.const_data_ptr<int64_t>();
  const float* sums = logSumExp.const_data_ptr<float>();
  forRows(logits, [&]<typename T>(const CrossEntropyTable<T>& table, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* row = elements<T>(logits) + i * classes;
      T* to = mutableElements<T>(gradient) + i * classes;
      if (targets[i] == ignoreIndex) {
        std::fill_n(to, classes, T{});
      } else {
        table.gradient(row, classes, sums[i], targets[i], scale, to);
      }
    }
  });
}

void crossEntropyInPlace(Tensor& logits, const Tensor& target, int64_t ignoreIndex, float scale,
                         Tensor& losses) {
  const int64_t classes = logits.size(1);
  const int64_t* targets = target.const_data_ptr<int64_t>();
  float* each = losses.mutable_data_ptr<float>();
  forRows(logits, [&]<typename T>(const CrossEntropyTable<T>& table, int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(classes));
    T* row = mutableElements<T>(logits) + begin * classes;
    for (int64_t i = begin; i < end; ++i, row += classes) {
      if (targets[i] == ignoreIndex) {
        each[i] = 0;
        std::fill_n(row, classes, T{});
        continue;
      }
      const float logit = asFloat(row[targets[i]]);
      each[i] = table.inPlace(row, classes, targets[i], scale, scratch.data()) - logit;
    }
  });
}

}  // namespace kernels
