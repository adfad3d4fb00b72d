#pragma once

#include "kernels/simd/padded.h"

// Convolutions of images whose channels lie next to each other, as products without a column
// matrix: in a copy with its padding, the window of an output pixel in one row of the kernel is
// kernelWidth · channels numbers in a row, and the next pixel's starts `channels` numbers further
// on.
namespace kernels {

struct ConvRows {
  std::int64_t height;  // of the input
  std::int64_t width;
  std::int64_t channels;
  std::int64_t out;
  std::int64_t kernelHeight;
  std::int64_t kernelWidth;
  std::int64_t paddingHeight;
  std::int64_t paddingWidth;
  bool relu;

  std::int64_t rowPixels() const { return width + 2 * paddingWidth; }
  std::int64_t rows() const { return height + 2 * paddingHeight; }
  std::int64_t outHeight() const { return rows() - kernelHeight + 1; }
  std::int64_t outWidth() const { return rowPixels() - kernelWidth + 1; }
};

// How channels are padded so that a window is whole products: kernelWidth · channels = steps ·
// step.
struct ConvRowsSteps {
  std::int64_t channels;
  std::int64_t step;
  std::int64_t steps;
};

// Of bf16 images, one at a time; scratch starts out as zeros and serves any number of them.
struct ConvRowsTable {
  ConvRowsSteps (*steps)(std::int64_t channels, std::int64_t kernelWidth);
  std::int64_t (*packedBytes)(const ConvRows&);
  // weight [kernelHeight, kernelWidth, steps().channels, out]
  void (*pack)(const ConvRows&, const float* weight, void* packed);
  std::int64_t (*forwardScratchBytes)(const ConvRows&);
  // y [outHeight, outWidth, out] of x [height, width, channels]; where mask, which is like y, is
  // given, only where it is above zero.
  void (*forward)(const ConvRows&, const Bf16* x, const void* packed, const Bf16* mask, Bf16* y,
                  void* scratch);
  std::int64_t (*weightScratchBytes)(const ConvRows&);
  // dWeight [kernelHeight, kernelWidth, out, channels] is added to; out and channels padded to 16.
  void (*weightGradient)(const ConvRows&, const Bf16* x, const Bf16* dy, float* dWeight,
                         void* scratch);
};

}  // namespace kernels

// Only where simd() is amx.
ENAS_SIMD_TABLE(ConvRowsTable, convRowsTiles)
