#pragma once

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels {

template <typename T>
struct CrossEntropyTable {
  // log Σ eˣ of a row.
  float (*logSumExp)(const T* row, std::int64_t classes);
  // (softmax − one-hot)·scale, from the row's log-sum-exp.
  void (*gradient)(const T* row, std::int64_t classes, float logSumExp, std::int64_t target,
                   float scale, T* to);
};

struct CrossEntropyKernels {
  CrossEntropyTable<float> fp32;
  CrossEntropyTable<Bf16> bf16;
};

}  // namespace kernels

ENAS_SIMD_TABLE(CrossEntropyKernels, crossEntropyKernels)
