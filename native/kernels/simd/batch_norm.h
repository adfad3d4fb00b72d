#pragma once

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels {

// (x − mean)·scale + shift. Each table holds one value a channel, over and over up to `period`
// elements: a common multiple of the number of channels and of the vector's lanes, so that what
// begins at a multiple of it reads x and tables straight through, whatever the number of channels.
struct BatchNormTables {
  std::int64_t period;
  const float* mean;
  const float* scale;
  const float* shift;
};

// Each works on n elements, whole rows of channels, that begin at a multiple of the period.
template <typename T>
struct BatchNormFunctions {
  // Of every position in the period: a number near its mean, and over the rows the sums of the
  // distances from that and of their squares. `period` floats each.
  void (*statistics)(const T* x, std::int64_t n, std::int64_t period, float* centre,
                     float* distances, float* squares);
  // y = relu?((x − mean)·scale + shift + add); add may be null.
  void (*normalize)(const BatchNormTables&, const T* x, const T* add, bool relu, T* y,
                    std::int64_t n);
  // Sums of dy and of dy·(x − mean) at every position, `period` floats each. With `recompute` dy
  // counts only where the relu of normalize (without add) let through; with y only where y > 0, and
  // that dy is then stored in `masked`.
  void (*reduceGradient)(const BatchNormTables&, const T* x, const T* dy, bool recompute,
                         const T* y, T* masked, std::int64_t n, float* sums, float* products);
  // dx = dy·scale + (x − mean)·slope + offset, dy as above.
  void (*applyGradient)(const BatchNormTables&, const float* slope, const float* offset, const T* x,
                        const T* dy, bool recompute, T* dx, std::int64_t n);
};

struct BatchNormKernels {
  std::int64_t lanes;
  BatchNormFunctions<float> fp32;
  BatchNormFunctions<Bf16> bf16;
};

}  // namespace kernels

ENAS_SIMD_TABLE(BatchNormKernels, batchNormKernels)
