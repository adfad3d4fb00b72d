#pragma once

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels {

// A pool over one channels-last image, [height, width, channels] → [outHeight, outWidth, channels].
struct PoolShape {
  std::int64_t channels, height, width, outHeight, outWidth;
  std::int64_t kernelHeight, kernelWidth, strideHeight, strideWidth, padTop, padLeft;
};

// The maximum's windows have at most so many rows, and at most 255 elements: an offset is one byte.
constexpr std::int64_t kMostPoolRows = 16;

// What the sum over a window is multiplied by to be its mean: rows[oh]·columns[ow·C + c].
struct PoolFactors {
  const float* rows;
  const float* columns;
};

// Each computes rows [first, last) of what it writes. The workspace's contents do not matter.
template <typename T>
struct PoolFunctions {
  void (*average)(const PoolShape&, const PoolFactors&, const T* x, T* y, std::int64_t first,
                  std::int64_t last, float* workspace);
  void (*averageGradient)(const PoolShape&, const PoolFactors&, const T* dy, T* dx,
                          std::int64_t first, std::int64_t last, float* workspace);
  // offsets, if not null: for every element of y where in its window the maximum stands, row by
  // row. Of equal elements the first, of NaN the last, as in ATen.
  void (*maximum)(const PoolShape&, const T* x, T* y, std::uint8_t* offsets, std::int64_t first,
                  std::int64_t last, float* workspace);
  void (*maximumGradient)(const PoolShape&, const T* dy, const std::uint8_t* offsets, T* dx,
                          std::int64_t first, std::int64_t last, float* workspace);
};

struct PoolKernels {
  PoolFunctions<float> fp32;
  PoolFunctions<Bf16> bf16;
  // Floats of workspace that each function needs.
  std::int64_t (*workspace)(const PoolShape&);
};

}  // namespace kernels

ENAS_SIMD_TABLE(PoolKernels, poolKernels)
