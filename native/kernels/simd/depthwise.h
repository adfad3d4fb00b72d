#pragma once

#include <cstdint>

#include "kernels/simd/isa.h"

namespace kernels {

// A depthwise convolution of one channels-last image, [height, width, channels] →
// [outHeight, outWidth, channels], with an odd square kernel from 3 to 7 and stride 1 or 2.
struct DepthwiseShape {
  std::int64_t channels, height, width, outHeight, outWidth, kernel, stride, padTop, padLeft;
  bool inputRelu;
};

// Each output row is one flat run, so a vector's lanes need the weights of channels φ, φ + 1, … mod
// C, whatever φ is. A table holds for each tap the channels over and over: channel i mod C at
// i < tableStride(C), so that every φ < C can be read as a whole vector.
static constexpr std::int64_t depthwiseTableStride(std::int64_t channels) {
  return (channels + 31) / 16 * 16;
}

// Rows that are computed at once.
constexpr std::int64_t kDepthwiseRows = 4;

// Taps along one side of the kernels that the data gradient convolves dy with: all of them, or with
// stride 2 those of one parity.
static constexpr std::int64_t depthwiseDataTaps(std::int64_t kernel, std::int64_t stride) {
  return stride == 1 ? kernel : (kernel + 1) / 2;
}

template <typename T>
struct DepthwiseFunctions {
  // Rows [first, last) of y from x; table [kernel², tableStride].
  void (*forward)(const DepthwiseShape&, const float* table, const T* x, T* y, std::int64_t first,
                  std::int64_t last, float* workspace);
  // dx from dy; x, for its mask, only with inputRelu. table [dataTaps², tableStride], the taps in
  // descending order; with stride 2 four of them, for the taps of even and odd row and column.
  void (*dataGradient)(const DepthwiseShape&, const float* table, const T* dy, const T* x, T* dx,
                       float* workspace);
  // Adds to sums [kernel², tableStride] so that the weight gradient of channel c is the sum of all
  // i ≡ c mod C.
  void (*weightGradient)(const DepthwiseShape&, const T* dy, const T* x, float* sums,
                         float* workspace);
};

struct DepthwiseKernels {
  DepthwiseFunctions<float> fp32;
  DepthwiseFunctions<Bf16> bf16;
  // Floats of workspace that each function needs; contents do not matter.
  std::int64_t (*workspace)(const DepthwiseShape&);
};

}  // namespace kernels

ENAS_SIMD_TABLE(DepthwiseKernels, depthwise)
