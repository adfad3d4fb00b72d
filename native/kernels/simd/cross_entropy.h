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
  // Both at once, over the row; scratch: as many numbers as classes.
  float (*inPlace)(T* row, std::int64_t classes, std::int64_t target, float scale, float* scratch);
};

struct CrossEntropyKernels {
  CrossEntropyTable<float> fp32;
  CrossEntropyTable<Bf16> bf16;
};

}  // namespace kernels

ENAS_SIMD_TABLE(CrossEntropyKernels, crossEntropyKernels)
